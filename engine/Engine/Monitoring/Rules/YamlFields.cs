using System.Globalization;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Query.Syntax;
using CartRecovery.Primitives;

namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>Reads the fields of a YAML map and reports what is missing, unknown or of the wrong kind with its location.</summary>
/// <param name="map">The map.</param>
/// <param name="problems">Receives problems.</param>
sealed class YamlFields(YamlMap map, ConfigProblems problems)
{
    readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>Where the map begins.</summary>
    public SourceLocation At => map.At;

    /// <summary>Reads an item as a map; reports another kind.</summary>
    public static YamlFields? Of(YamlItem item, string what, ConfigProblems problems)
    {
        if (item is YamlMap map)
        {
            return new YamlFields(map, problems);
        }

        problems.Add(item.At, $"expected {what}, a map");
        return null;
    }

    /// <summary>The item of a key; null if it is missing or null.</summary>
    public YamlItem? Item(string key)
    {
        _read.Add(key);
        return map.Entries.TryGetValue(key, out var entry) && entry.Value is not YamlText { Plain: true, Value: "" or "~" or "null" } ? entry.Value : null;
    }

    /// <summary>Whether the map has a key.</summary>
    public bool Has(string key) => Item(key) is not null;

    /// <summary>The location of a key's value, or of the map.</summary>
    public SourceLocation Where(string key) => map.Entries.TryGetValue(key, out var entry) ? entry.Value.At : map.At;

    /// <summary>Reads a text.</summary>
    public string? Text(string key)
    {
        var item = Item(key);
        if (item is null or YamlText)
        {
            return (item as YamlText)?.Value;
        }

        problems.Add(item.At, $"{key}: expected a text");
        return null;
    }

    /// <summary>Reads a text that must be there and not empty.</summary>
    public string Required(string key, string what)
    {
        var text = Text(key);
        if (string.IsNullOrWhiteSpace(text) && Item(key) is null or YamlText)
        {
            problems.Add(Where(key), $"{what} needs '{key}'");
        }

        return text ?? "";
    }

    /// <summary>Reads a duration such as <c>5m</c> in milliseconds.</summary>
    public long Duration(string key, long otherwise)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (PromDuration.TryParse(text, out var milliseconds))
        {
            return milliseconds;
        }

        problems.Add(Where(key), $"{key}: expected a duration such as 30s, 5m or 1h30m, got \"{text}\"");
        return otherwise;
    }

    /// <summary>Reads a whole number from 0.</summary>
    public int Whole(string key, int otherwise)
    {
        if (Text(key) is not { } text)
        {
            return otherwise;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        problems.Add(Where(key), $"{key}: expected a whole number from 0, got \"{text}\"");
        return otherwise;
    }

    /// <summary>Reads a number.</summary>
    public double? Number(string key)
    {
        if (Text(key) is not { } text)
        {
            return null;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number))
        {
            return number;
        }

        problems.Add(Where(key), $"{key}: expected a number, got \"{text}\"");
        return null;
    }

    /// <summary>Reads true or false.</summary>
    public bool Truth(string key, bool otherwise)
    {
        switch (Text(key))
        {
            case null:
                return otherwise;
            case "true":
                return true;
            case "false":
                return false;
            case var other:
                problems.Add(Where(key), $"{key}: expected true or false, got \"{other}\"");
                return otherwise;
        }
    }

    /// <summary>Reads a list; reports another kind.</summary>
    public IReadOnlyList<YamlItem> List(string key)
    {
        var item = Item(key);
        if (item is null or YamlList)
        {
            return (item as YamlList)?.Items ?? [];
        }

        problems.Add(item.At, $"{key}: expected a list");
        return [];
    }

    /// <summary>Reads a list of texts; a single text counts as a list of one.</summary>
    public IReadOnlyList<string> Texts(string key) => Item(key) is YamlText one ? [one.Value] : [.. List(key).Select(item =>
    {
        if (item is not YamlText)
        {
            problems.Add(item.At, $"{key}: expected a text");
        }

        return (item as YamlText)?.Value ?? "";
    })];

    /// <summary>Reads a map of texts with the locations of their values.</summary>
    public IReadOnlyList<(string Name, string Value, SourceLocation At)> Pairs(string key)
    {
        var item = Item(key);
        if (item is not (null or YamlMap))
        {
            problems.Add(item.At, $"{key}: expected a map of names and values");
        }

        var pairs = new List<(string, string, SourceLocation)>();
        foreach (var (name, entry) in (item as YamlMap)?.Entries ?? [])
        {
            if (entry.Value is YamlText text)
            {
                pairs.Add((name, text.Value, text.At));
            }
            else
            {
                problems.Add(entry.Value.At, $"{key}.{name}: expected a text");
            }
        }

        return pairs;
    }

    /// <summary>Reports the keys that nobody has read.</summary>
    public void ReportUnknown(string what)
    {
        foreach (var (key, entry) in map.Entries.Where(entry => !_read.Contains(entry.Key)))
        {
            problems.Add(entry.At, $"{what} has no field '{key}'{Suggestion.Hint(key, _read)}");
        }
    }
}
