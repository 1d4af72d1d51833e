using System.Globalization;
using System.Text.Json;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Host.Api.Problems;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Monitoring.Grafana;

/// <summary>
/// The body of a request of Grafana's JSON data sources. They send more than they document, and each version something else, so only what is needed is
/// read.
/// </summary>
/// <param name="From">The beginning of the range, in milliseconds since 1970 UTC.</param>
/// <param name="To">Its end.</param>
/// <param name="Step">The distance of points, in milliseconds.</param>
/// <param name="Targets">The queries.</param>
/// <param name="Text">What is searched for, or the label whose values are; <see langword="null"/> for none.</param>
/// <param name="Filters">The panel's ad-hoc filters: label, operator, value.</param>
sealed record GrafanaRequest(long From, long To, long Step, IReadOnlyList<GrafanaTarget> Targets, string? Text, IReadOnlyList<(string Label, string Operator, string Value)> Filters)
{
    /// <summary>The most queries of a request, and the most filters.</summary>
    public const int MaxTargets = 50;

    const long DefaultPoints = 1000, MaxPoints = 11_000, MinStep = 1000, Day = 86_400_000;

    /// <summary>Reads a body; an empty one is a request without anything.</summary>
    /// <exception cref="ProblemException">It is no JSON object, or its range or targets are invalid.</exception>
    public static async Task<GrafanaRequest> OfAsync(HttpContext context, long now)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        if (body.Length == 0)
        {
            return new GrafanaRequest(now - Day, now, MinStep, [], Text: null, []);
        }

        try
        {
            using var document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement, now) : throw Invalid("expected an object");
        }
        catch (JsonException)
        {
            throw new ProblemException(ApiProblems.InvalidJson);
        }
    }

    static GrafanaRequest Read(JsonElement body, long now)
    {
        var (from, to) = (now - Day, now);
        if (Child(body, "range", JsonValueKind.Object) is { } range)
        {
            (from, to) = (TimeOf(range, "from", now), TimeOf(range, "to", now));
        }

        if (to < from)
        {
            throw Invalid("range: 'to' is before 'from'");
        }

        var points = Math.Clamp(NumberOf(body, "maxDataPoints") ?? DefaultPoints, 1, MaxPoints - 1);
        var step = Math.Max(Math.Max(NumberOf(body, "intervalMs") ?? MinStep, MinStep), (to - from + points - 1) / points);
        var targets = Child(body, "targets", JsonValueKind.Array) is { } list ? list.EnumerateArray().Take(MaxTargets + 1).Select(TargetOf).OfType<GrafanaTarget>().ToList() : [];
        var filters = Child(body, "adhocFilters", JsonValueKind.Array) is { } adhoc
            ? adhoc.EnumerateArray().Take(MaxTargets + 1).Select(filter => (TextOf(filter, "key") ?? "", TextOf(filter, "operator") ?? "=", TextOf(filter, "value") ?? "")).ToList() : [];
        return targets.Count > MaxTargets || filters.Count > MaxTargets ? throw Invalid($"more than {MaxTargets} targets or filters")
            : new GrafanaRequest(from, to, step, targets, TextOf(body, "target") ?? TextOf(body, "metric") ?? TextOf(body, "key"), filters);
    }

    // A hidden query, or one without a text yet, has no result.
    static GrafanaTarget? TargetOf(JsonElement target) =>
        target.ValueKind == JsonValueKind.Object && TextOf(target, "target") is { Length: > 0 } text && !(target.TryGetProperty("hide"u8, out var hide) && hide.ValueKind == JsonValueKind.True)
        ? new GrafanaTarget(text, TextOf(target, "refId"), TextOf(target, "type") == "table") : null;

    static long TimeOf(JsonElement range, string name, long now) =>
        TextOf(range, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToUnixTimeMilliseconds()
        : NumberOf(range, name) is not { } number ? throw Invalid($"range.{name}: expected a time as RFC 3339")
        : TimeExpression.DescribeUnit(number, now) is { } unit ? throw Invalid($"range.{name}: {unit}")
        : number is >= 0 and <= 253_402_300_799_999 ? number : throw Invalid($"range.{name}: expected a time as RFC 3339");

    static long? NumberOf(JsonElement element, string name) => Child(element, name, JsonValueKind.Number) is { } number && number.TryGetDouble(out var value) && double.IsFinite(value)
        ? (long)Math.Clamp(value, long.MinValue / 2, long.MaxValue / 2) : null;

    static string? TextOf(JsonElement element, string name) => Child(element, name, JsonValueKind.String)?.GetString();

    static JsonElement? Child(JsonElement element, string name, JsonValueKind kind) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) && child.ValueKind == kind ? child : null;

    static ProblemException Invalid(string detail) => new(GrafanaRoutes.Invalid with { Detail = $"{detail}." });
}
