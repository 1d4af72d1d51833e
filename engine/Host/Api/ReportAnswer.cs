using System.Globalization;
using System.Text;
using CartRecovery.Engine.Journeys.Reports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Host.Api;

/// <summary>Answers with a table: JSON, or CSV for <c>?format=csv</c> and for who accepts nothing but <c>text/csv</c>.</summary>
static class ReportAnswer
{
    public static Task WriteAsync(HttpContext context, string name, ReportTable table)
    {
        if (context.Request.Query["format"] == "csv" || context.Request.Headers.Accept == "text/csv")
        {
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{name}.csv\"";
            return Answer.BytesAsync(context, StatusCodes.Status200OK, "text/csv; charset=utf-8; header=present", Encoding.UTF8.GetBytes(table.ToCsv()));
        }

        return Answer.JsonAsync(context, StatusCodes.Status200OK, writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName(name);
            table.WriteTo(writer);
            writer.WriteEndObject();
        });
    }
}

/// <summary>Numbers in a query.</summary>
static class QueryNumbers
{
    /// <summary>Reads a number, or takes the usual one.</summary>
    /// <returns><see langword="false"/> when it is none, or out of its range.</returns>
    public static bool TryRead(StringValues text, long usual, long least, long most, out long number)
    {
        number = usual;
        return text.Count == 0
            || (long.TryParse(text.ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= least && number <= most);
    }
}
