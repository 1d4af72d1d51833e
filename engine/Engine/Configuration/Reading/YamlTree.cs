using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CartRecovery.Engine.Configuration.Reading;

/// <summary>A location in the file: line and column, from 1.</summary>
readonly record struct SourceLocation(int Line, int Column)
{
    public static SourceLocation Start => new(1, 1);

    /// <summary>The path of a value that the settings API has set; <see langword="null"/> for one of the file.</summary>
    public string? Setting { get; init; }

    public static SourceLocation Of(Mark mark) => new((int)Math.Max(1, mark.Line), (int)Math.Max(1, mark.Column));
}

/// <summary>A node of the file with its location.</summary>
abstract record YamlItem(SourceLocation At);

/// <summary>A scalar.</summary>
sealed record YamlText(SourceLocation At, string Value, bool Plain) : YamlItem(At)
{
    /// <summary>Its source text; <see langword="null"/> for a text that is not in the file.</summary>
    public ScalarSource? Source { get; init; }

    public static bool IsNull(string plain) => plain is "" or "~" or "null";
}

/// <summary>A list, in block or flow style.</summary>
sealed record YamlList(SourceLocation At) : YamlItem(At)
{
    public List<YamlItem> Items { get; } = [];
}

/// <summary>A map with unique keys, in block or flow style. Entries that <c>&lt;&lt;</c> merges keep their own locations.</summary>
sealed record YamlMap(SourceLocation At) : YamlItem(At)
{
    public Dictionary<string, (SourceLocation At, YamlItem Value)> Entries { get; } = new(StringComparer.Ordinal);
}

/// <summary>
/// Builds the tree from the parser's events. YamlDotNet's node model stops at the first duplicate key; this one reports it and continues.
/// It does not recurse.
/// </summary>
sealed class YamlTree
{
    const int DeepestNesting = 32;

    readonly string _text;
    readonly ConfigProblems _problems;
    readonly Dictionary<string, YamlItem> _anchors = new(StringComparer.Ordinal);
    readonly Stack<Open> _open = new();
    YamlItem? _root;

    YamlTree(string text, ConfigProblems problems) => (_text, _problems) = (text, problems);

    /// <summary>Reads the single document; an empty map if there is none, <see langword="null"/> if it cannot be parsed.</summary>
    public static YamlItem? Parse(string text, ConfigProblems problems)
    {
        var tree = new YamlTree(text, problems);
        var parser = new Parser(new StringReader(text));
        var documents = 0;
        while (TryRead(parser, text, problems, out var next))
        {
            if (next is null)
            {
                return tree.Root();
            }

            if (next is DocumentStart && ++documents > 1)
            {
                problems.Add(SourceLocation.Of(next.Start), "the file must contain a single YAML document");
                return null;
            }
            // The parser takes quadratic time for deep nesting.
            if (tree._open.Count > DeepestNesting)
            {
                problems.Add(SourceLocation.Of(next.Start), $"this is nested more than {DeepestNesting} levels deep");
                return null;
            }
            tree.Take(next);
        }
        return null;
    }

    /// <summary>Reads the next event, or none at the end. Returns <see langword="false"/> for invalid YAML, which is reported.</summary>
    static bool TryRead(Parser parser, string text, ConfigProblems problems, out ParsingEvent? next)
    {
        next = null;
        try
        {
            if (parser.MoveNext())
            {
                next = parser.Current;
            }

            return true;
        }
        catch (YamlException broken)
        {
            problems.Add(LocationOf(broken, text), $"this is not valid YAML: {broken.Message}");
        }
        catch (Exception broken)
        {
            // Some malformed texts make the parser throw undeclared exceptions.
            problems.Add(parser.Current is { } last ? SourceLocation.Of(last.End) : SourceLocation.Start, $"this is not valid YAML after here ({broken.Message})");
        }
        return false;
    }

    /// <summary>
    /// Locates a tab used as indentation. The parser reports it at the start of the indented map, which may be far above.
    /// </summary>
    static SourceLocation LocationOf(YamlException broken, string text)
    {
        var location = SourceLocation.Of(broken.Start);
        if (!broken.Message.Contains("tab as indentation", StringComparison.Ordinal))
        {
            return location;
        }

        var line = 0;
        foreach (var content in text.AsSpan().EnumerateLines())
        {
            var tab = content.IndexOf('\t');
            if (++line > location.Line && tab >= 0 && content[..tab].Trim(' ').IsEmpty)
            {
                return new SourceLocation(line, tab + 1);
            }
        }
        return location;
    }

    YamlItem Root() => _root is null or YamlText { Plain: true, Value: "" } ? new YamlMap(SourceLocation.Start) : _root;

    void Take(ParsingEvent next)
    {
        var at = SourceLocation.Of(next.Start);
        switch (next)
        {
            case Scalar scalar:
                Put(at, new YamlText(at, scalar.Value, scalar.Style == ScalarStyle.Plain) { Source = new ScalarSource(_text, scalar) }, scalar.Anchor);
                break;
            case SequenceStart list:
                Begin(at, new YamlList(at), list.Anchor);
                break;
            case MappingStart map:
                Begin(at, new YamlMap(at), map.Anchor);
                break;
            case SequenceEnd or MappingEnd:
                _open.Pop().Merge(item => _open.Any(open => open.Item == item), _problems);
                break;
            case AnchorAlias alias:
                if (!_anchors.TryGetValue(alias.Value.Value, out var item))
                {
                    _problems.Add(at, $"there is no anchor '&{alias.Value.Value}' before this");
                    item = new YamlText(at, "", Plain: true);
                }
                Put(at, item, AnchorName.Empty);
                break;
        }
    }

    void Begin(SourceLocation at, YamlItem item, AnchorName anchor)
    {
        Put(at, item, anchor);
        _open.Push(new Open(item));
    }

    void Put(SourceLocation at, YamlItem item, AnchorName anchor)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor.Value] = item;
        }

        if (!_open.TryPeek(out var open))
        {
            _root = item;
        }
        else if (open.Item is YamlList list)
        {
            list.Items.Add(item);
        }
        else if (!open.HasKey)
        {
            open.TakeKey(at, item, _problems);
        }
        else
        {
            open.TakeValue(item, _problems);
        }
    }

    /// <summary>An unfinished list or map; for a map also the key that awaits its value, and the maps to merge.</summary>
    sealed class Open(YamlItem item)
    {
        // https://yaml.org/type/merge.html: text that is not quoted.
        const string MergeKey = "<<";

        string? _key;
        bool _merges;
        SourceLocation _at;
        (SourceLocation At, YamlItem Value)? _merged;

        public YamlItem Item => item;

        public bool HasKey { get; private set; }

        public void TakeKey(SourceLocation at, YamlItem key, ConfigProblems problems)
        {
            HasKey = true;
            _key = (key as YamlText)?.Value;
            _merges = key is YamlText { Plain: true, Value: MergeKey };
            _at = at;
            if (_key is null)
            {
                problems.Add(at, "a key must be text, not a list or a map");
            }
        }

        public void TakeValue(YamlItem value, ConfigProblems problems)
        {
            HasKey = false;
            if (_merges && _merged is null)
            {
                _merged = (_at, value);
                return;
            }

            if (_merges)
            {
                problems.Add(_at, $"duplicate key '{MergeKey}', first defined on line {_merged!.Value.At.Line}: merge several maps as a list, <<: [*a, *b]");
                return;
            }

            var entries = ((YamlMap)item).Entries;
            if (_key is not null && !entries.TryAdd(_key, (_at, value)))
            {
                problems.Add(_at, $"duplicate key '{_key}', first defined on line {entries[_key].At.Line}");
            }
        }

        /// <summary>Adds the entries of the merged maps that the map does not set itself. Of several maps, the first one counts.</summary>
        /// <param name="isOpen">Whether an item is unfinished, so that it cannot be merged into a part of itself.</param>
        /// <param name="problems">Receives problems.</param>
        public void Merge(Func<YamlItem, bool> isOpen, ConfigProblems problems)
        {
            if (_merged is not { } merged)
            {
                return;
            }

            foreach (var source in merged.Value is YamlList list ? list.Items : [merged.Value])
            {
                if (source is YamlMap map && map != item && !isOpen(map))
                {
                    foreach (var (key, entry) in map.Entries)
                    {
                        ((YamlMap)item).Entries.TryAdd(key, entry);
                    }
                }
                else if (source is not YamlText { Source: null })
                {
                    problems.Add(merged.At, $"{MergeKey} takes a map, or a list of maps, that ends before it: {MergeKey}: *name");
                }
            }
        }
    }
}
