using CartRecovery.Engine.Backtest;
using CartRecovery.Engine.ControlPlane.Audit;
using CartRecovery.Engine.Exports;
using CartRecovery.Engine.Ingest;
using CartRecovery.Engine.Journal;
using CartRecovery.Engine.Learning.Datasets;
using CartRecovery.Engine.Models;
using CartRecovery.Engine.Scoring;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Privacy;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Exports;
using CartRecovery.Host.Learning;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Exports;

/// <summary><c>/v1/export/features</c>: scored rows of the journal with their labels.</summary>
static class FeatureExport
{
    const int MaxHours = 24 * 30;

    static readonly HttpProblem s_busy = new(409, "dataset_busy", "Another data set is being made, or a backtest runs. Send the request again in a few minutes.");
    static readonly HttpProblem s_noJournal = new(409, "journal_disabled", "Rows are made from the journal, which is disabled. Set journal.enabled to true.");
    static readonly HttpProblem s_noModel = new(503, "model_unavailable", "The model cannot be loaded.");

    static readonly QueryParameter<string> s_format = QueryParameters.Choice("format", "csv: RFC 4180. parquet: Apache Parquet. ndjson: one JSON object per line.", ["csv", "parquet", "ndjson"], "csv");

    static readonly QueryParameter<int> s_horizon = Number("horizonHours", "How long after a row its purchases and revenue count. Rows wait that long for their labels.", 1, MaxHours, 24);

    static readonly QueryParameter<int> s_perCart = Number("rowsPerCart", "The maximum number of rows of a cart; of more, each is equally likely.", 1, 1000, 8);

    static readonly QueryParameter<int> s_seed = Number("seed", "The same seed and journal give the same rows.", 0, int.MaxValue, 1);

    public static void Map(IEndpointRouteBuilder group)
    {
        var route = group.MapGet("/features", RunAsync).Describe("exportFeatures", "Export features",
                $"The features of carts right after their events, as they were scored, with what happened then: at most {DatasetOptions.DefaultMaxRows:N0} rows, of a random part of the carts if there are "
                + "more. 'from' and 'to' are the time received. Carts that count as bots' are left out. Has no ids: `shopper` numbers the shoppers of the answer. The whole journal is read first; "
                + "one request at a time. The audit log has each export.")
            .Produces(StatusCodes.Status200OK).Query(QueryParameters.From, QueryParameters.To, s_format, s_horizon, s_perCart, s_seed)
            .Problems(s_noJournal, s_busy, s_noModel, ControlProblems.Unavailable);
        foreach (var format in Enum.GetValues<ExportFormat>())
        {
            route.WithMetadata(new ProducesMediaType(RowWriter.MediaTypeOf(format)));
        }
    }

    static async Task RunAsync(HttpContext context, Caller caller, RequestQuery query, ExportServices exports, JournalDatasets datasets, AuditLog audit, TimeProvider time)
    {
        if (!datasets.HasJournal)
        {
            throw new ProblemException(s_noJournal);
        }

        var (from, to) = (query.Of(QueryParameters.From, long.MinValue), query.Of(QueryParameters.To, long.MaxValue));
        if (from > to)
        {
            throw new ProblemException(ApiProblems.OutOfRange with { Detail = "to: expected a time that is not before 'from'." });
        }

        using var one = exports.TryBegin(caller.Store.Id) ?? throw new ProblemException(ApiProblems.ExportBusy);
        if (datasets.IsBusy)
        {
            throw new ProblemException(s_busy);
        }

        var name = query.Of(s_format)!;
        var format = Enum.Parse<ExportFormat>(name, ignoreCase: true);
        context.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(context.Request.Method))
        {
            Describe(context, name, format);
            return;
        }

        await audit.RecordAsync(new AuditEvent(PrivacyRoutes.ActorOf(context), "data.export", "export:features", caller.Store.Id, $$"""{"format":"{{name}}"}""")
        { Address = UserIdentity.AddressOf(context) }, context.RequestAborted);
        var options = new DatasetOptions
        {
            KnownUntil = time.GetUtcNow().ToUnixTimeMilliseconds() + 1,
            Until = to,
            Store = caller.Store.Number,
            Horizon = TimeSpan.FromHours(query.Of(s_horizon, 24)),
            RowsPerCart = query.Of(s_perCart, 8),
            Seed = (ulong)query.Of(s_seed, 1),
        };
        var dataset = await ReadAsync(datasets, from, options, time, context.RequestAborted);
        Describe(context, name, format);
        await StreamedBody.WriteAsync(context, output =>
        {
            using var writer = RowWriter.Create(format, output, DatasetRows.Columns);
            DatasetRows.Write(writer, dataset.Rows, context.RequestAborted);
            writer.Finish();
        });
    }

    static async Task<JournalDataset> ReadAsync(JournalDatasets datasets, long from, DatasetOptions options, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            using var model = datasets.LoadModel();
            return await datasets.ReadAsync(from, options, model, time, progress: null, cancellation);
        }
        catch (Exception e) when (e is ModelException or ModelRegistryException)
        {
            throw new ProblemException(s_noModel with { Detail = e.Message });
        }
        catch (JournalException e) when (e.Code == JournalView.Moved)
        {
            throw new ProblemException(s_busy);
        }
    }

    static void Describe(HttpContext context, string name, ExportFormat format)
    {
        context.Response.ContentType = format == ExportFormat.Csv ? $"{RowWriter.MediaTypeOf(format)}; charset=utf-8; header=present" : RowWriter.MediaTypeOf(format);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"features.{name}\"";
    }

    static QueryParameter<int> Number(string name, string description, int least, int most, int @default) => new(name, description, $"a number from {least} to {most}",
        (text, _) => int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var n) && n >= least && n <= most ? n : null)
    {
        Type = "integer",
        Range = (least, most),
        Default = @default.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
