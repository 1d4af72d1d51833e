using System.Globalization;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Host.Api.Personal;

namespace CartRecovery.Host.Api.Requests;

/// <summary>A route's query parameter: how to parse it, and how the OpenAPI document describes it.</summary>
/// <param name="Name">The name.</param>
/// <param name="Description">What it does, in one sentence.</param>
/// <param name="Rule">What a value must be, completing "expected …".</param>
abstract record QueryParameter(string Name, string Description, string Rule)
{
    /// <summary>The JSON type of the values.</summary>
    public string Type { get; init; } = "string";

    /// <summary>The allowed values; empty for any.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    /// <summary>The default, as text; <see langword="null"/> for none.</summary>
    public string? Default { get; init; }

    /// <summary>The inclusive bounds of a number.</summary>
    public (long Min, long Max)? Range { get; init; }

    /// <summary>Whether the values are positions that <see cref="Responses.SealedCursor"/> sealed.</summary>
    public bool IsCursor { get; init; }

    /// <summary>What the values name, if they are ids; a request may give the masked id.</summary>
    public PersonalIdKind? IdKind { get; init; }

    /// <summary>Says what is wrong with some values, given the present; <see langword="null"/> for those that <see cref="Rule"/> explains.</summary>
    public Func<string, long, string?>? Explain { get; init; }

    /// <summary>Parses a value.</summary>
    /// <param name="text">The text.</param>
    /// <param name="now">The present, in milliseconds since 1970 UTC.</param>
    /// <returns><see langword="null"/> if it breaks the rule.</returns>
    public abstract object? Read(string text, long now);
}

/// <summary>A query parameter with typed values.</summary>
sealed record QueryParameter<T>(string Name, string Description, string Rule, Func<string, long, object?> Parse)
    : QueryParameter(Name, Description, Rule)
{
    /// <inheritdoc/>
    public override object? Read(string text, long now) => Parse(text, now);
}

/// <summary>Creates query parameters of the common kinds, so that they are written the same way on every route.</summary>
static class QueryParameters
{
    /// <summary>The default page size, and the largest.</summary>
    public const int DefaultPageSize = 100, MaxPageSize = 1000;

    // An id and a variant in base64, and the seal.
    const int MaxCursorLength = 1536;

    /// <summary>The key, allowed on every route and read by authentication.</summary>
    public const string Key = "key";

    public static readonly QueryParameter<int> Limit = new("limit", "The maximum number of items per page.",
        $"a number from 1 to {MaxPageSize}",
        (text, _) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= MaxPageSize ? n : null)
    {
        Type = "integer",
        Default = "100",
        Range = (1, MaxPageSize),
    };

    public static readonly QueryParameter<string> Cursor = new("cursor", "Where to continue: the previous page's `next`.",
        "the previous page's 'next'", ReadCursor)
    {
        IsCursor = true,
    };

    /// <summary>Where to continue an export.</summary>
    public static readonly QueryParameter<string> ExportCursor = new("cursor", "Where to continue: the `cursor` of the last row that you have whole.",
        "the 'cursor' of a row", ReadCursor)
    {
        IsCursor = true,
    };

    public static readonly QueryParameter<long> From = Time("from", "Returns only items at or after this time.");

    public static readonly QueryParameter<long> To = Time("to", "Returns only items before this time.");

    public static readonly QueryParameter<string> Format =
        Choice("format", "The response format. `Accept: text/csv` also selects CSV.", ["json", "csv"], "json");

    static string? ReadCursor(string text, long now) => text.Length is > 0 and <= MaxCursorLength ? text : null;

    /// <summary>Creates a parameter for a point in time.</summary>
    public static QueryParameter<long> Time(string name, string description) => new(
        name, $"{description} {char.ToUpperInvariant(TimeExpression.Forms[0])}{TimeExpression.Forms[1..]}.", TimeExpression.Forms,
        (text, now) => TimeExpression.TryParse(text, now, out var moment) ? moment : null)
    {
        Explain = TimeExpression.DescribeUnit,
    };

    /// <summary>Creates a parameter for a text of at most 256 characters. PostgreSQL takes no U+0000, and no id has one.</summary>
    public static QueryParameter<string> Text(string name, string description) =>
        new(name, description, "a text of 1 to 256 characters", (text, _) => text.Length is > 0 and <= 256 && !text.Contains('\0') ? text : null);

    /// <summary>Creates a parameter for the id of a customer or a cart, or its masked id, which is longer.</summary>
    public static QueryParameter<string> Id(string name, string description, PersonalIdKind kind) =>
        new(name, description, "an id, or its masked id if you do not see ids in the clear", (text, _) => text.Length is > 0 and <= 512 && !text.Contains('\0') ? text : null)
        {
            IdKind = kind,
        };

    /// <summary>Creates a parameter with a fixed set of values.</summary>
    public static QueryParameter<string> Choice(string name, string description, IReadOnlyList<string> values, string? @default) => new(
        name, description, $"one of {string.Join(", ", values)}", (text, _) => values.Contains(text) ? text : null)
    {
        Values = values,
        Default = @default,
    };
}

/// <summary>Route metadata: the query parameters it accepts.</summary>
/// <param name="All">The parameters.</param>
/// <param name="AllowsOthers">Whether to ignore unknown parameters instead of rejecting them, for links and pages to which other programs
/// add parameters.</param>
sealed record AcceptedQuery(IReadOnlyList<QueryParameter> All, bool AllowsOthers = false)
{
    /// <summary>A route without query parameters.</summary>
    public static AcceptedQuery None { get; } = new([]);
}
