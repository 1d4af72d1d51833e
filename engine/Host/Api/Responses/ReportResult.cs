using System.Text;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Engine.Journeys.Reports;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>A page of a report: JSON, or CSV for <c>?format=csv</c> and for who accepts nothing but <c>text/csv</c>.</summary>
/// <param name="name">The CSV file's name.</param>
/// <param name="table">The rows. Columns whose name ends in At or Until, and <c>at</c>, have times in milliseconds since 1970.</param>
/// <param name="next">The following page's cursor.</param>
/// <param name="format">What the query asks for.</param>
sealed class ReportResult(string name, ReportTable table, string? next, string? format) : IResult
{
    /// <summary>The media type of CSV.</summary>
    public const string Csv = "text/csv";

    /// <summary>The header that has the following page's cursor, for CSV.</summary>
    public const string NextHeader = "Next-Cursor";

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext context)
    {
        WriteTimes(table);
        if (WantsCsv(context, format))
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
            if (next is not null)
            {
                context.Response.Headers[NextHeader] = next;
            }

            return Answer.BytesAsync(context, StatusCodes.Status200OK, $"{Csv}; charset=utf-8; header=present", Encoding.UTF8.GetBytes(table.ToCsv()));
        }

        return Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("items"u8);
            table.WriteTo(writer);
            writer.WriteString("next"u8, next);
            writer.WriteEndObject();
        });
    }

    /// <summary>Whether the client asks for CSV.</summary>
    public static bool WantsCsv(HttpContext context, string? format) => format == "csv" || context.Request.Headers.Accept == Csv;

    /// <summary>Turns the times of a report into RFC 3339.</summary>
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

/// <summary>Routes that answer with a report.</summary>
static class ReportRoutes
{
    /// <summary>Declares the answer, and the query parameters of every report beside those that are given.</summary>
    /// <typeparam name="T">A row, for the document.</typeparam>
    public static RouteHandlerBuilder Report<T>(this RouteHandlerBuilder route, params QueryParameter[] parameters) => route
        .Produces<ItemPage<T>>().WithMetadata(new AnswersMedia(ReportResult.Csv))
        .WithMetadata(new AcceptedQuery([.. parameters, QueryParameters.Limit, QueryParameters.Cursor, QueryParameters.Format]));
}
