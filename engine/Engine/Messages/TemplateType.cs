namespace CartRecovery.Engine.Messages;

/// <summary>The static type of a value: its fields, or the entries of a list.</summary>
sealed class TemplateType
{
    static readonly IReadOnlyDictionary<string, TemplateType> s_none = new Dictionary<string, TemplateType>();

    /// <summary>A text, number or Boolean.</summary>
    public static readonly TemplateType Value = new();

    /// <summary>An unknown type, about which nothing is reported.</summary>
    public static readonly TemplateType Any = new() { IsOpen = true };

    /// <summary>The objects available to templates.</summary>
    public static readonly IReadOnlyDictionary<string, TemplateType> Roots = MessageObjects.Roots.ToDictionary(
        root => root.Name, root => new TemplateType
        {
            Fields = root.Keys.ToDictionary(field => field, field => FieldOf(root.Name, field), StringComparer.Ordinal),
            IsObject = true,
            IsOpen = root == MessageObjects.Customer,
        }, StringComparer.Ordinal);

    /// <summary>The fields of <c>forloop</c> and <c>tablerowloop</c>.</summary>
    public static readonly TemplateType Loop = new()
    {
        IsObject = true,
        Fields = ((string[])["index", "index0", "rindex", "rindex0", "first", "last", "length", "col", "col0", "row", "col_first", "col_last"])
            .ToDictionary(field => field, _ => Value, StringComparer.Ordinal),
    };

    /// <summary>Fields of an object.</summary>
    public IReadOnlyDictionary<string, TemplateType> Fields { get; private init; } = s_none;

    /// <summary>Type of a list's entries; <see langword="null"/> if it is not a list.</summary>
    public TemplateType? Item { get; private init; }

    /// <summary>Whether it has fields but no text form.</summary>
    public bool IsObject { get; private init; }

    /// <summary>Whether it may have fields beyond the declared ones.</summary>
    public bool IsOpen { get; private init; }

    /// <summary>Creates the type of a list.</summary>
    public static TemplateType ListOf(TemplateType item) => new() { Item = item };

    /// <summary>The candidates for suggestions: the objects, and each field by its own name.</summary>
    public static IReadOnlyDictionary<string, string> Suggestions { get; } = SuggestionsOf();

    static TemplateType FieldOf(string root, string field) => (root, field) switch
    {
        ("cart", "lines") => ListOf(new TemplateType
        {
            Fields = MessageObjects.Line.Keys.ToDictionary(name => name, _ => Value, StringComparer.Ordinal),
            IsObject = true,
        }),
        ("customer", "attributes") => new TemplateType { IsOpen = true, IsObject = true },
        ("customer", "first_name" or "last_name" or "name") => Any,
        _ => Value,
    };

    static Dictionary<string, string> SuggestionsOf()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, expression) in LegacySyntax.Names)
        {
            found[name] = expression;
        }

        foreach (var (name, type) in Roots)
        {
            found[name] = name;
            foreach (var field in type.Fields.Keys)
            {
                found[$"{name}.{field}"] = $"{name}.{field}";
                found.TryAdd(field, $"{name}.{field}");
            }
        }

        return found;
    }
}
