using System.Globalization;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Query.Syntax;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CartRecovery.Host.Api.Monitoring;

/// <summary>The parameters of a request of Prometheus' API, from its query and, for POST, its form.</summary>
sealed class PromRequest
{
    readonly IQueryCollection _query;
    readonly IFormCollection? _form;

    PromRequest(IQueryCollection query, IFormCollection? form) => (_query, _form) = (query, form);

    /// <summary>Reads the parameters.</summary>
    public static async Task<PromRequest> OfAsync(HttpContext context) => new(context.Request.Query,
        context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null);

    /// <summary>A parameter's values.</summary>
    public StringValues All(string name) => _form is not null && _form.TryGetValue(name, out var values) ? StringValues.Concat(values, _query[name]) : _query[name];

    /// <summary>A parameter's first value; <see langword="null"/> if absent or empty.</summary>
    public string? Text(string name) => All(name) is [{ Length: > 0 } text, ..] ? text : null;

    /// <summary>Reads a time: seconds since the epoch, or RFC 3339.</summary>
    /// <returns>Milliseconds since the epoch.</returns>
    /// <exception cref="PromQlException">The text is no time.</exception>
    public long Time(string name, long absent)
    {
        if (Text(name) is not { } text)
        {
            return absent;
        }

        return TryTime(text)
            ?? throw Invalid(name, $"Invalid time value for '{name}': cannot parse \"{text}\" to a valid timestamp{Hint(text)}");
    }

    /// <summary>Reads a time that must be there.</summary>
    /// <exception cref="PromQlException">There is none, or the text is no time.</exception>
    public long Time(string name) => TryTime(Text(name) ?? "")
        ?? throw Invalid(name, $"cannot parse \"{Text(name)}\" to a valid timestamp{Hint(Text(name))}");

    /// <summary>Reads a duration: seconds, or a text like <c>5m</c>.</summary>
    /// <returns>Milliseconds; <see langword="null"/> if absent.</returns>
    /// <exception cref="PromQlException">The text is no duration.</exception>
    public long? Duration(string name)
    {
        if (Text(name) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e12)
        {
            return (long)Math.Round(seconds * 1000);
        }

        return PromDuration.TryParse(text, out var milliseconds) ? milliseconds : throw Invalid(name, $"cannot parse \"{text}\" to a valid duration");
    }

    /// <summary>Reads the selectors of <c>match[]</c>.</summary>
    /// <exception cref="PromQlException">A text is no selector.</exception>
    public IReadOnlyList<IReadOnlyList<LabelMatcher>> Selectors()
    {
        try
        {
            return [.. All("match[]").Select(text => PromQuery.ParseSelector(text ?? ""))];
        }
        catch (PromQlException e)
        {
            throw Invalid("match[]", e.Message);
        }
    }

    /// <summary>An error about a parameter.</summary>
    public static PromQlException Invalid(string name, string reason) => new(PromQlError.BadData, $"invalid parameter \"{name}\": {reason}");

    static string Hint(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) ? "; numbers are seconds since 1970" : "";

    static long? TryTime(string text)
    {
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && Math.Abs(seconds) < 1e12)
        {
            return (long)Math.Round(seconds * 1000);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUnixTimeMilliseconds() : null;
    }
}
