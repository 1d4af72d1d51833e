using System.Text.Json;
using System.Text.Json.Serialization;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Engine.Ingest;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Logs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CartRecovery.Host.Api.Logs;

/// <summary>Routes of <c>/v1/logs</c>: the kept lines of the engine's log.</summary>
static class LogRoutes
{
    static readonly QueryParameter<string> s_query = QueryParameters.Text(
        "query", "Parts that must all hold: words of the line, `name:value` for a field, `-` before either to exclude, quotation marks for a phrase.");

    static readonly QueryParameter<string> s_level = QueryParameters.Choice("level", "The least severe level.", LogQuery.Levels, LogQuery.Levels[0]);

    static readonly HttpProblem s_invalid = new(400, "invalid_log_query", "The query cannot be read.");

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/logs", FindAsync)
        .WithTags(ApiTags.Logs).RequireAuthorization(AccessPolicies.User).WithMetadata(new RequiredPermission(Permission.LogsRead))
        .Describe("searchLogs", "Search the log", """
            Lines of the engine's log, the newest first, from its files in the data folder. Addresses are masked. A page reads at most 64 MB, so it may be
            short, or empty, and still have a `next`.
            """)
        .Query(s_query, s_level, QueryParameters.From, QueryParameters.To, QueryParameters.Limit, QueryParameters.Cursor)
        .Produces<ItemPage<LogRow>>().Problems(s_invalid);

    static async Task<IResult> FindAsync(HttpContext context, RequestQuery query, LogSearch search)
    {
        var wanted = new LogQuery
        {
            Level = query.Of(s_level) ?? LogQuery.Levels[0],
            From = query.Of(QueryParameters.From, long.MinValue),
            To = query.Of(QueryParameters.To, long.MaxValue),
        };
        if (!wanted.TryAdd(query.Of(s_query) ?? "", out var problem))
        {
            throw new ProblemException(s_invalid with { Detail = $"query: {problem}." });
        }

        var before = query.Of(QueryParameters.Cursor) is { } cursor ? LogPosition.Read(cursor) : null;
        using var page = await search.FindAsync(wanted, before, query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize), context.RequestAborted);
        var next = SealedCursor.Seal(context, page.Next?.ToString());
        await new JsonResult(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartArray("items"u8);
            foreach (var line in page.Lines)
            {
                Write(writer, line.RootElement);
            }

            writer.WriteEndArray();
            writer.WriteString("next"u8, next);
            writer.WriteEndObject();
        }).ExecuteAsync(context);
        return Results.Empty;
    }

    // A file's lines have the values beside the rest, as collectors want them.
    static void Write(Utf8JsonWriter writer, JsonElement line)
    {
        writer.WriteStartObject();
        foreach (var property in line.EnumerateObject().Where(property => IsOwn(property.Name)))
        {
            property.WriteTo(writer);
        }

        writer.WriteStartObject("fields"u8);
        foreach (var property in line.EnumerateObject().Where(property => !IsOwn(property.Name)))
        {
            property.WriteTo(writer);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    static bool IsOwn(string name) => name is "time" or "level" or "event" or "category" or "message" or "traceId" or "exception";
}

/// <summary>A line of the log.</summary>
/// <param name="Time">When it was logged.</param>
/// <param name="Level">trace, debug, information, warning, error or critical.</param>
/// <param name="Category">The part that logged it.</param>
/// <param name="Message">The text.</param>
/// <param name="Fields">The values in the message, by name.</param>
/// <param name="Event">The stable name of what happened; absent for lines of libraries.</param>
/// <param name="TraceId">The trace of the request or delivery, as in spans; absent outside one.</param>
/// <param name="Exception">The stack trace; absent without one.</param>
sealed record LogRow(
    DateTime Time, string Level, string Category, string Message, IReadOnlyDictionary<string, JsonElement> Fields,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Event = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? TraceId = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Exception = null);
