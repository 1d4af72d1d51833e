using System.ComponentModel;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Engine.ControlPlane.Settings;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Api.Access;
using CartRecovery.Host.Api.Auth;
using CartRecovery.Host.Api.Documentation;
using CartRecovery.Host.Api.Problems;
using CartRecovery.Host.Api.Requests;
using CartRecovery.Host.Api.Responses;
using CartRecovery.Host.Commands;
using CartRecovery.Host.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace CartRecovery.Host.Api.Settings;

/// <summary>Routes of <c>/v1/config</c>: the settings in force, their versions, and changes.</summary>
static class SettingsRoutes
{
    const int MaxReason = 256;
    const string PathHelp = "The key, such as limits.batch; elements of lists are addressed by name: stores.shop.timezone.";

    static readonly TimeSpan s_maxDelay = TimeSpan.FromDays(366);

    static readonly QueryParameter<string> s_dryRun = QueryParameters.Choice("dryRun", "`true` returns the differences and changes nothing.", ["true", "false"], "false");
    static readonly QueryParameter<string> s_reason = QueryParameters.Text("reason", "The reason, for the versions and the audit log.");
    static readonly QueryParameter<long> s_at = QueryParameters.Time("at", "Makes the change at this time instead.");
    static readonly QueryParameter<long> s_from = NumberOf("from", "The first version; 0 for the file alone.");
    static readonly QueryParameter<long> s_to = NumberOf("to", "The second version; the last one if absent.");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/config").WithTags(ApiTags.Config).RequireAuthorization(AccessPolicies.User);
        Read(group.MapGet("", Get)).Describe("getConfig", "Read the settings", "All keys with their values in force, including defaults and without secrets, and the overrides of the API. The ETag is the version.")
            .Produces<SettingsResponse>();
        Read(group.MapGet("/{path}", Find)).Describe("getSetting", "Read a setting", "A key's value in force, or that of a section.").Produces<SettingResponse>().Problems(SettingsProblems.UnknownKey);
        Change(group.MapPut("", (HttpContext context, JsonElement body, RequestQuery query, LiveSettings settings) => ChangeAsync(context, SettingsEdit.Replace, "", body, query, settings)))
            .Describe("replaceConfig", "Replace all overrides", "The body replaces all overrides of the API. The file does not change.");
        Change(group.MapPatch("", (HttpContext context, JsonElement body, RequestQuery query, LiveSettings settings) => ChangeAsync(context, SettingsEdit.Merge, "", body, query, settings)))
            .Describe("changeConfig", "Change settings", "Merges the body into the settings (RFC 7396). null removes a key, so that its default applies. Applies the whole body or nothing.");
        Change(group.MapDelete("", (HttpContext context, RequestQuery query, LiveSettings settings) => ChangeAsync(context, SettingsEdit.Remove, "", default, query, settings)))
            .Describe("resetConfig", "Remove all overrides", "The file's settings apply again.");
        Change(group.MapPut("/{path}", ([Description(PathHelp)] string path, HttpContext context, JsonElement body, RequestQuery query, LiveSettings settings) =>
            ChangeAsync(context, SettingsEdit.Set, path, body, query, settings)))
            .Describe("putSetting", "Set a key", "The body is the value. A map is merged over the file's; a list or a value replaces it.");
        Change(group.MapPatch("/{path}", ([Description(PathHelp)] string path, HttpContext context, JsonElement body, RequestQuery query, LiveSettings settings) =>
            ChangeAsync(context, SettingsEdit.Merge, path, body, query, settings)))
            .Describe("changeSetting", "Change a section", "Merges the body into the section (RFC 7396). null removes a key, so that its default applies.");
        Change(group.MapDelete("/{path}", ([Description(PathHelp)] string path, HttpContext context, RequestQuery query, LiveSettings settings) =>
            ChangeAsync(context, SettingsEdit.Remove, path, default, query, settings)))
            .Describe("resetSetting", "Remove an override", "The file's value of the key applies again.");
        Read(group.MapGet("/versions", ListAsync)).Describe("listConfigVersions", "List versions", "The changes with author, time and reason, the newest first. The last 500 are kept.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor);
        Read(group.MapGet("/versions/{number:long}", FindAsync)).Describe("getConfigVersion", "Read a version", "A version with all of its overrides.")
            .Produces<SettingsVersionDetail>().Problems(SettingsProblems.UnknownVersion);
        Read(group.MapGet("/diff", CompareAsync)).Describe("compareConfigVersions", "Compare versions", "The differences between the overrides of two versions.")
            .Query(s_from, s_to).Produces<SettingsDifference>().Problems(SettingsProblems.UnknownVersion);
        Read(group.MapGet("/export", Export)).Describe("exportConfig", "Export the changes as YAML", "The overrides of the API, for the configuration file.").Media("application/yaml");
        Change(group.MapPost("/rollback", RollBackAsync), isRollback: true)
            .Describe("rollBackConfig", "Roll back", "Adds a version with the overrides of a former one; 0 is the file alone.").Problems(SettingsProblems.UnknownVersion);
        Read(group.MapGet("/schedule", ListScheduledAsync)).Describe("listScheduledConfig", "List scheduled changes", "The pending changes by due time; then the finished ones, the latest first.")
            .Query(QueryParameters.Limit, QueryParameters.Cursor);
        group.MapDelete("/schedule/{id}", CancelAsync).WithMetadata(new RequiredPermission(Permission.ConfigWrite))
            .Describe("cancelScheduledConfig", "Cancel a scheduled change", "Cancels a pending change.").Produces(StatusCodes.Status204NoContent)
            .Problems(SettingsProblems.UnknownSchedule, ControlProblems.Unavailable);
    }

    static RouteHandlerBuilder Read(RouteHandlerBuilder route) => route.WithMetadata(new RequiredPermission(Permission.ConfigRead)).Problems(ControlProblems.Unavailable);

    static RouteHandlerBuilder Change(RouteHandlerBuilder route, bool isRollback = false) => route.WithMetadata(new RequiredPermission(Permission.ConfigWrite))
        .Query(isRollback ? [s_dryRun] : [s_dryRun, s_reason, s_at]).Produces<SettingsOutcome>()
        .Problems([.. SettingsProblems.OfChange, SettingsProblems.TooManyScheduled, SettingsProblems.Past, ApiProblems.InvalidJson, ControlProblems.Unavailable]);

    static Ok<SettingsResponse> Get(HttpContext context, LiveSettings settings, IEngineState engine)
    {
        var head = Tag(context, settings);
        return TypedResults.Ok(new SettingsResponse(head.Number, settings.InForce, settings.Problem, SettingsView.Of(engine.Config, ConfigFile.Catalog), JsonNode.Parse(head.Overlay)!));
    }

    static Ok<SettingResponse> Find(HttpContext context, [Description(PathHelp)] string path, LiveSettings settings, IEngineState engine)
    {
        var names = SettingsPath.Split(path) ?? throw new ProblemException(SettingsProblems.UnknownKey);
        var shown = SettingsView.Of(engine.Config, ConfigFile.Catalog);
        var value = SettingsPath.Find(shown, names);
        if (value is null && !(SettingsPath.Find(shown, names[..^1]) is JsonObject section && section.ContainsKey(names[^1])))
        {
            throw new ProblemException(SettingsProblems.UnknownKey);
        }

        var head = Tag(context, settings);
        return TypedResults.Ok(new SettingResponse(path, value?.DeepClone(), head.Number, IsChanged(SettingsOverlay.Parse(head.Overlay), names)));
    }

    static bool IsChanged(SettingsOverlay overlay, string[] names)
    {
        try
        {
            return overlay.Without(names).Json != overlay.Json;
        }
        catch (SettingsException)
        {
            // The API has set a whole list or value that contains the key.
            return true;
        }
    }

    static async Task<Ok<SettingsOutcome>> ChangeAsync(HttpContext context, string operation, string path, JsonElement body, RequestQuery query, LiveSettings settings)
    {
        var edit = new SettingsEdit(operation, path, operation == SettingsEdit.Remove ? null : ValueOf(body));
        var author = AuthorOf(context, query.Of(s_reason));
        var isDryRun = query.Of(s_dryRun) == "true";
        var at = query.Of(s_at, long.MinValue);
        try
        {
            var expected = VersionOf(context, isDryRun);
            if (at == long.MinValue)
            {
                return Answer(context, await settings.ChangeAsync(edit, author, expected, isDryRun), isDryRun);
            }

            var (time, now) = (DateTimeOffset.FromUnixTimeMilliseconds(at), context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow());
            if (time <= now || time > now + s_maxDelay)
            {
                throw new ProblemException(SettingsProblems.Past);
            }

            if (isDryRun)
            {
                return Answer(context, await settings.ChangeAsync(edit, author, expected, isDryRun), isDryRun);
            }

            var (id, result) = await settings.ScheduleAsync(edit, author, time, expected);
            return Answer(context, result, isDryRun, id);
        }
        catch (SettingsException e)
        {
            throw new ProblemException(SettingsProblems.Of(e));
        }
    }

    static async Task<Ok<SettingsOutcome>> RollBackAsync(HttpContext context, RollbackBody body, RequestQuery query, LiveSettings settings)
    {
        if (body.Reason is { } reason && (reason.Length > MaxReason || reason.Contains('\0', StringComparison.Ordinal)))
        {
            throw new ProblemException(SettingsProblems.Invalid with { Detail = $"reason: expected at most {MaxReason} characters." });
        }

        var isDryRun = query.Of(s_dryRun) == "true";
        var expected = VersionOf(context, isDryRun);
        var former = await settings.Store.FindAsync(body.Version ?? -1, context.RequestAborted) ?? throw new ProblemException(SettingsProblems.UnknownVersion);
        try
        {
            return Answer(context, await settings.ChangeAsync(new SettingsEdit(SettingsEdit.Replace, "", JsonNode.Parse(former.Overlay)),
                AuthorOf(context, body.Reason) with { Action = "config.rollback" }, expected, isDryRun), isDryRun);
        }
        catch (SettingsException e)
        {
            throw new ProblemException(SettingsProblems.Of(e));
        }
    }

    static async Task<Ok<ItemPage<SettingsVersionItem>>> ListAsync(HttpContext context, RequestQuery query, LiveSettings settings)
    {
        var (cursor, limit) = (Cursors.Read(query.Of(QueryParameters.Cursor)), query.Of(QueryParameters.Limit, QueryParameters.DefaultPageSize));
        var versions = await settings.Store.ListAsync(cursor == 0 ? long.MaxValue : cursor, limit + 1, context.RequestAborted);
        var next = versions.Count > limit ? versions[limit - 1].Number.ToString(CultureInfo.InvariantCulture) : null;
        return TypedResults.Ok(new ItemPage<SettingsVersionItem>([.. versions.Take(limit).Select(SettingsVersionItem.Of)], SealedCursor.Seal(context, next)));
    }

    static async Task<Ok<SettingsVersionDetail>> FindAsync(HttpContext context, [Description("The version.")] long number, LiveSettings settings)
    {
        var version = await settings.Store.FindAsync(number, context.RequestAborted) ?? throw new ProblemException(SettingsProblems.UnknownVersion);
        return TypedResults.Ok(new SettingsVersionDetail(
            version.Number, version.At.UtcDateTime, version.By, version.Reason, SettingsVersionItem.ChangesOf(version), JsonNode.Parse(version.Overlay)!));
    }

    static async Task<Ok<SettingsDifference>> CompareAsync(HttpContext context, RequestQuery query, LiveSettings settings)
    {
        var (from, to) = (await VersionAsync(query.Of(s_from, 0)), await VersionAsync(query.Of(s_to, settings.Head.Number)));
        return TypedResults.Ok(new SettingsDifference(from.Number, to.Number, SettingsDifferenceItem.Of(SettingsChange.Between(JsonNode.Parse(from.Overlay), JsonNode.Parse(to.Overlay)))));

        async Task<SettingsVersion> VersionAsync(long number) =>
            await settings.Store.FindAsync(number, context.RequestAborted) ?? throw new ProblemException(SettingsProblems.UnknownVersion);
    }

    static Task Export(HttpContext context, LiveSettings settings, IEngineState engine)
    {
        var text = SettingsYaml.Write(SettingsOverlay.Parse(Tag(context, settings).Overlay), SettingsView.Of(engine.Config, ConfigFile.Catalog, isWritten: true));
        return ResponseWriter.BytesAsync(context, StatusCodes.Status200OK, "application/yaml", Encoding.UTF8.GetBytes(text));
    }

    static async Task<Ok<ItemPage<ScheduledSettingsItem>>> ListScheduledAsync(HttpContext context, RequestQuery query, LiveSettings settings) =>
        TypedResults.Ok(Cursors.Page(context, query, [.. (await settings.Store.ListScheduledAsync(context.RequestAborted)).Select(ScheduledSettingsItem.Of)]));

    static async Task<NoContent> CancelAsync(HttpContext context, [Description("The scheduled change.")] string id, LiveSettings settings) =>
        await settings.Store.CancelAsync(id, UserIdentity.Of(context).ActorName, UserIdentity.AddressOf(context), context.RequestAborted)
            ? TypedResults.NoContent() : throw new ProblemException(SettingsProblems.UnknownSchedule);

    static SettingsAuthor AuthorOf(HttpContext context, string? reason) => new(UserIdentity.Of(context).ActorName, reason ?? "", UserIdentity.AddressOf(context));

    static Ok<SettingsOutcome> Answer(HttpContext context, SettingsResult result, bool isDryRun, string? scheduled = null)
    {
        context.Response.Headers.ETag = TagOf(result.Version);
        return TypedResults.Ok(new SettingsOutcome(result.Version, SettingsDifferenceItem.Of(result.Changes), isDryRun, scheduled));
    }

    static SettingsVersion Tag(HttpContext context, LiveSettings settings)
    {
        var head = settings.Head;
        context.Response.Headers.ETag = TagOf(head.Number);
        context.Response.Headers.CacheControl = "no-store";
        return head;
    }

    static string TagOf(long version) => string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    // A dry run needs no If-Match: it cannot overwrite another change.
    static long? VersionOf(HttpContext context, bool isDryRun) => context.Request.Headers.IfMatch.ToString() switch
    {
        "" when isDryRun => null,
        "" => throw new ProblemException(SettingsProblems.MatchRequired),
        "*" => null,
        var tag => long.TryParse(tag.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) && tag == TagOf(version) ? version : throw new ProblemException(SettingsProblems.Changed),
    };

    static JsonNode? ValueOf(JsonElement body)
    {
        try
        {
            return SettingsOverlay.ParseValue(body.GetRawText());
        }
        catch (JsonException)
        {
            throw new ProblemException(ApiProblems.InvalidJson with { Detail = "The body has a duplicate key, or its nesting is too deep." });
        }
    }

    static QueryParameter<long> NumberOf(string name, string description) => new(name, description, "a version's number",
        (text, _) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null)
    { Type = "integer" };
}
