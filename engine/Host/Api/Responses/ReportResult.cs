using System.Text;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Personal;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>Answers with a page of a report: JSON, or CSV for <c>?format=csv</c> or an Accept header of only <c>text/csv</c>.</summary>
/// <param name="name">The CSV file's name.</param>
/// <param name="table">The rows. Columns named <c>at</c> or ending in <c>At</c> or <c>Until</c> hold times in milliseconds since 1970
/// UTC.</param>
/// <param name="next">The next page's cursor.</param>
/// <param name="format">The format in the query.</param>
sealed class ReportResult(string name, ReportTable table, string? next, string? format) : IResult
{
    /// <summary>The media type for CSV.</summary>
    public const string Csv = "text/csv";

    /// <summary>The header with the next page's cursor, for CSV.</summary>
    public const string NextHeader = "Next-Cursor";

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext context)
    {
        PersonalDataView.Of(context).Apply(table);
        WriteTimes(table);
        var sealedNext = SealedCursor.Seal(context, next);
        if (WantsCsv(context, format))
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
            if (sealedNext is not null)
            {
                context.Response.Headers[NextHeader] = sealedNext;
            }

            return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, $"{Csv}; charset=utf-8; header=present", Encoding.UTF8.GetBytes(table.ToCsv()));
        }

        return ResponseWriter.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("items"u8);
            table.WriteTo(writer);
            writer.WriteString("next"u8, sealedNext);
            writer.WriteEndObject();
        });
    }

    /// <summary>Returns whether the client requests CSV.</summary>
    public static bool WantsCsv(HttpContext context, string? format) => format == "csv" || context.Request.Headers.Accept == Csv;

    /// <summary>Converts a report's times to RFC 3339.</summary>
    public static void WriteTimes(ReportTable table)
    {
        for (var i = 0; i < table.Columns.Count; i++)
        {
            if (!IsTime(table.Columns[i]))
            {
                continue;
            }

            foreach (var row in table.Rows)
            {
                row[i] = row[i] is long at ? TimeText.Of(at) : null;
            }
        }
    }

    static bool IsTime(string column) => column == "at" || column.EndsWith("At", StringComparison.Ordinal) || column.EndsWith("Until", StringComparison.Ordinal);
}

/// <summary>Route metadata: the handler reads the reports' database on its thread, so few may at once.</summary>
sealed record ReadsReports;

/// <summary>Declares routes that answer with a report.</summary>
static class ReportRoutes
{
    /// <summary>Declares the answer, the given query parameters and those common to all reports.</summary>
    /// <typeparam name="T">The row type, for the OpenAPI document.</typeparam>
    public static RouteHandlerBuilder Report<T>(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route
        .Produces<ItemPage<T>>().WithMetadata(new ProducesMediaType(ReportResult.Csv)).WithMetadata(new ReadsReports())
        .WithMetadata(new AcceptedQuery([.. parameters, QueryParameters.Limit, QueryParameters.Cursor, QueryParameters.Format]));

    /// <summary>Describes a route that answers one row, in the format of a list.</summary>
    public static RouteHandlerBuilder ReportOne<T>(this RouteHandlerBuilder route) => route
        .Produces<ItemPage<T>>().WithMetadata(new ProducesMediaType(ReportResult.Csv))
        .WithMetadata(new AcceptedQuery([QueryParameters.Format]));
}
