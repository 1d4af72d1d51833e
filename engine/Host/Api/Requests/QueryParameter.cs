using System.Globalization;
using CartRecovery.Engine.Configuration.Values;

namespace CartRecovery.Host.Api.Requests;

/// <summary>A query parameter of a route: how it is read, and how the OpenAPI document describes it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it does: a sentence.</param>
/// <param name="Rule">What a value must be, as in "expected …".</param>
abstract record QueryParameter(string Name, string Description, string Rule)
{
    /// <summary>The JSON type of its values.</summary>
    public string Type { get; init; } = "string";

    /// <summary>The only values it takes; empty for no such limit.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The value that stands for its absence, as text; <see langword="null"/> for none.</summary>
    public string? Default { get; init; }

    /// <summary>The least and the greatest value of a number.</summary>
    public (long Least, long Most)? Range { get; init; }

    /// <summary>Reads a value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="now">The present, in milliseconds since 1970 UTC.</param>
    /// <returns><see langword="null"/> if it breaks the rule.</returns>
    public abstract object? Read(string text, long now);
}

/// <summary>A query parameter with values of a type.</summary>
sealed record QueryParameter<T>(string Name, string Description, string Rule, Func<string, long, object?> Parse) : QueryParameter(Name, Description, Rule)
{
    /// <inheritdoc/>
    public override object? Read(string text, long now) => Parse(text, now);
}

/// <summary>Makes query parameters of the usual kinds, so that the same thing is always written the same way.</summary>
static class QueryParameters
{
    /// <summary>The page size of lists that name none, and the largest.</summary>
    public const int UsualPage = 100, LargestPage = 1000;

    /// <summary>The key, which every route allows; authentication reads it.</summary>
    public const string Key = "key";

    public static readonly QueryParameter<int> Limit = new("limit", "Items on a page.", $"a number from 1 to {LargestPage}",
        (text, _) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= LargestPage ? n : null)
    {
        Type = "integer",
        Default = "100",
        Range = (1, LargestPage),
    };

    public static readonly QueryParameter<string> Cursor = new("cursor", "Where to go on: the `next` of the page before.",
        "the 'next' of the page before", (text, _) => text.Length is > 0 and <= 256 ? text : null);

    public static readonly QueryParameter<long> From = Time("from", "Only from this time on.");

    public static readonly QueryParameter<long> To = Time("to", "Only before this time.");

    public static readonly QueryParameter<string> Format =
        Choice("format", "The media type of the answer. `Accept: text/csv` asks for CSV as well.", ["json", "csv"], "json");

    /// <summary>A point in time.</summary>
    public static QueryParameter<long> Time(string name, string description) => new(
        name, $"{description} {char.ToUpperInvariant(Moment.Forms[0])}{Moment.Forms[1..]}.", Moment.Forms,
        (text, now) => Moment.TryParse(text, now, out var moment) ? moment : null);

    /// <summary>A text of at most 256 characters.</summary>
    public static QueryParameter<string> Text(string name, string description) =>
        new(name, description, "a text of 1 to 256 characters", (text, _) => text.Length is > 0 and <= 256 ? text : null);

    /// <summary>One of a few words.</summary>
    public static QueryParameter<string> Choice(string name, string description, IReadOnlyList<string> values, string? @default) => new(
        name, description, $"one of {string.Join(", ", values)}", (text, _) => values.Contains(text) ? text : null)
    {
        Values = values,
        Default = @default,
    };
}

/// <summary>Metadata of a route: the query parameters that it takes.</summary>
/// <param name="All">The parameters.</param>
/// <param name="AllowsOthers">Others are ignored and not refused: the path is in links and pages, where programs add parameters of their own.</param>
sealed record AcceptedQuery(IReadOnlyList<QueryParameter> All, bool AllowsOthers = false)
{
    /// <summary>A route that takes none.</summary>
    public static AcceptedQuery None { get; } = new([]);
}
