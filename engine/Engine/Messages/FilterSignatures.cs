using System.Collections.Frozen;

namespace CartRecovery.Engine.Messages;

/// <summary>The arguments that each filter takes.</summary>
static class FilterSignatures
{
    /// <summary>The filters whose first argument is the name of a field of a list's entries.</summary>
    public static readonly FrozenSet<string> OfFields = FrozenSet.Create(
        StringComparer.Ordinal, "map", "where", "reject", "find", "find_index", "has", "sort", "sort_natural", "uniq", "compact", "sum");

    static readonly FrozenDictionary<string, FilterSignature> s_known = Declare(
        (0, 0, "abs amount base64_decode base64_encode capitalize ceil downcase escape escape_once first floor handle handleize json last " +
            "lstrip md5 newline_to_br reverse rstrip sha1 sha256 size strip strip_html strip_newlines upcase url_decode url_encode"),
        (0, 1, "compact join round sort sort_natural sum uniq"),
        (0, 1, "money money_with_currency money_without_currency money_without_trailing_zeros"),
        (0, 2, "truncate truncatewords"),
        (1, 1, "append at_least at_most concat date default divided_by map minus modulo plus prepend remove " +
            "remove_first remove_last split times"),
        (1, 2, "find find_index has reject replace replace_first replace_last slice where"),
        (2, 2, "pluralize"));

    /// <summary>Returns a filter's arguments; <see langword="null"/> if it is unknown.</summary>
    public static FilterSignature? Find(string filter) => s_known.GetValueOrDefault(filter);

    static FrozenDictionary<string, FilterSignature> Declare(params (int Min, int Max, string Filters)[] groups) => groups
        .SelectMany(group => group.Filters.Split(' ').Select(filter => (Name: filter, group.Min, group.Max)))
        .ToFrozenDictionary(known => known.Name, known => new FilterSignature(known.Min, known.Max, NamedOf(known.Name)), StringComparer.Ordinal);

    static string? NamedOf(string filter) =>
        filter == "default" ? "allow_false" : filter.StartsWith("money", StringComparison.Ordinal) ? "currency" : null;
}

/// <summary>The arguments of a filter.</summary>
/// <param name="Min">The least number of arguments without a name.</param>
/// <param name="Max">The greatest.</param>
/// <param name="Named">The name of the optional named argument, if there is one.</param>
sealed record FilterSignature(int Min, int Max, string? Named)
{
    /// <summary>The message for a wrong number of arguments.</summary>
    public string Expected => this switch
    {
        { Max: 0 } => "no arguments",
        { Min: 1, Max: 1 } => "1 argument",
        { Min: 0, Max: 1 } => "at most 1 argument",
        { Min: 0 } => $"at most {Max} arguments",
        _ when Min == Max => $"{Max} arguments",
        _ => $"{Min} to {Max} arguments",
    };
}
