using System.Collections.Frozen;
using System.Text;

namespace CartRecovery.Engine.Messages;

/// <summary>
/// Scans a template's tags and names with their positions, which the parser's tree lacks, and checks that tags and blocks are closed and
/// not too deep before the recursive parser sees them.
/// </summary>
sealed class TemplateScanner
{
    static readonly FrozenSet<string> s_blocks = FrozenSet.Create(
        StringComparer.Ordinal, "if", "unless", "case", "for", "tablerow", "capture", "ifchanged", "comment", "raw");

    static readonly FrozenSet<string> s_parts = FrozenSet.Create(
        StringComparer.Ordinal, "else", "elsif", "when", "break", "continue", "assign", "increment", "decrement", "cycle", "echo", "#");

    // Bounds the parser's recursion along a tag.
    const int MaxTagLength = 4096;

    readonly string _text;
    readonly List<TemplateProblem> _problems;
    readonly Stack<(string Name, int Offset)> _open = new();
    readonly Dictionary<string, Queue<int>> _paths = new(StringComparer.Ordinal), _filters = new(StringComparer.Ordinal);
    readonly Queue<int> _ranges = new();

    TemplateScanner(string text, List<TemplateProblem> problems) => (_text, _problems) = (text, problems);

    /// <summary>All allowed tags.</summary>
    public static IEnumerable<string> Tags => s_blocks.Concat(s_parts);

    /// <summary>Scans a text.</summary>
    /// <param name="text">A template.</param>
    /// <param name="problems">Receives unclosed, unknown and too deep tags.</param>
    public static TemplateScanner Scan(string text, List<TemplateProblem> problems)
    {
        var scanner = new TemplateScanner(text, problems);
        scanner.Run();
        return scanner;
    }

    /// <summary>Finds the next occurrence of a variable; the text's start if there is none.</summary>
    /// <param name="path">Its path, with an index as <c>[]</c>.</param>
    public int NextPath(string path) => Next(_paths, path);

    /// <summary>Finds the next occurrence of a filter.</summary>
    public int NextFilter(string name) => Next(_filters, name);

    /// <summary>Finds the next range; the text's start if there is none.</summary>
    public int NextRange() => _ranges.TryDequeue(out var place) ? place : 0;

    /// <summary>Finds the first text in quotes after a place; the place if there is none.</summary>
    public int QuotedAfter(int place) => _text.AsSpan(place).IndexOfAny('\'', '"') is var quote and >= 0 ? place + quote + 1 : place;

    static int Next(Dictionary<string, Queue<int>> places, string name) =>
        places.TryGetValue(name, out var queue) && queue.TryDequeue(out var place) ? place : 0;

    void Run()
    {
        for (var at = 0; at < _text.Length;)
        {
            var open = _text.IndexOf('{', at);
            if (open < 0 || open + 1 == _text.Length)
            {
                break;
            }

            if (_text[open + 1] is not ('{' or '%'))
            {
                at = open + 1;
                continue;
            }

            var isOutput = _text[open + 1] == '{';
            var close = EndOf(open + 2, isOutput ? "}}" : "%}");
            if (close < 0)
            {
                _problems.Add(new TemplateProblem(open, isOutput ? "'{{' without '}}'" : "'{%' without '%}'"));
                return;
            }

            if (close - open > MaxTagLength)
            {
                _problems.Add(new TemplateProblem(open, $"a tag must have at most {MaxTagLength} characters"));
                return;
            }

            at = close + 2;
            if (isOutput)
            {
                Names(open + 2, close);
            }
            else if (Tag(open, close) is { } verbatim)
            {
                at = verbatim;
            }
        }

        foreach (var (name, offset) in _open)
        {
            _problems.Add(new TemplateProblem(offset, $"'{{% {name} %}}' without '{{% end{name} %}}'"));
        }
    }

    // Where scanning continues, if not after the tag.
    int? Tag(int open, int close)
    {
        var start = open + 2;
        start += _text[start] == '-' ? 1 : 0;
        while (start < close && char.IsWhiteSpace(_text[start]))
        {
            start++;
        }

        var end = start;
        while (end < close && (char.IsLetterOrDigit(_text[end]) || _text[end] is '_' or '#'))
        {
            end++;
        }

        var name = _text[start..end];
        if (name.StartsWith('#'))
        {
            return null;
        }

        if (name.StartsWith("end", StringComparison.Ordinal) && s_blocks.Contains(name[3..]))
        {
            Close(name[3..], open);
        }
        else if (name is "comment" or "raw")
        {
            return Verbatim(name, open, close);
        }
        else if (s_blocks.Contains(name))
        {
            _open.Push((name, open));
            if (_open.Count == MessageLimits.Depth + 1)
            {
                _problems.Add(new TemplateProblem(open, $"blocks are nested more than {MessageLimits.Depth} deep"));
            }
        }
        else if (!s_parts.Contains(name))
        {
            _problems.Add(new TemplateProblem(start, $"unknown tag '{name}'", name, Tags.ToDictionary(tag => tag, tag => tag, StringComparer.Ordinal)));
        }

        Names(end, close, isDefinition: name is "assign" or "capture" or "increment" or "decrement" or "for" or "tablerow");
        return null;
    }

    void Close(string name, int offset)
    {
        if (_open.TryPeek(out var open) && open.Name == name)
        {
            _open.Pop();
            return;
        }

        var expected = _open.Count == 0 ? "no block is open" : $"'{{% {open.Name} %}}' is still open";
        _problems.Add(new TemplateProblem(offset, $"'{{% end{name} %}}' where {expected}"));
    }

    int Verbatim(string name, int open, int close)
    {
        for (var at = close + 2; (at = _text.IndexOf("{%", at, StringComparison.Ordinal)) >= 0; at += 2)
        {
            var end = _text.IndexOf("%}", at, StringComparison.Ordinal);
            if (end > 0 && _text.AsSpan(at + 2, end - at - 2).Trim(" -\r\n\t").SequenceEqual("end" + name))
            {
                return end + 2;
            }
        }

        _problems.Add(new TemplateProblem(open, $"'{{% {name} %}}' without '{{% end{name} %}}'"));
        return _text.Length;
    }

    // The end of a tag does not count within quotes.
    int EndOf(int from, string end)
    {
        for (var at = from; at < _text.Length - 1; at++)
        {
            if (_text.AsSpan(at).StartsWith(end))
            {
                return at;
            }

            if (_text[at] is '\'' or '"' && _text.IndexOf(_text[at], at + 1) is var quote and >= 0
                && _text.IndexOf(end, quote, StringComparison.Ordinal) >= 0)
            {
                at = quote;
            }
        }

        return -1;
    }

    void Names(int from, int to, bool isDefinition = false)
    {
        var isFilter = false;
        var depth = 0;
        var isFirst = true;
        for (var at = from; at < to;)
        {
            var letter = _text[at];
            if (letter is '\'' or '"')
            {
                at = _text.IndexOf(letter, at + 1, to - at - 1) is var quote and >= 0 ? quote + 1 : at + 1;
                isFilter = false;
            }
            else if (char.IsLetter(letter) || letter == '_')
            {
                var end = PathEnd(at, to, out var path, out var deepest);
                depth = Math.Max(depth, deepest);
                if (isFilter)
                {
                    Add(_filters, path, at);
                }
                else if (!(isFirst && isDefinition) && !IsArgument(end, to))
                {
                    Add(_paths, path, at);
                    Indexes(at, end);
                }

                (isFilter, isFirst) = (false, false);
                at = end;
            }
            else
            {
                if (letter == '(')
                {
                    _ranges.Enqueue(at);
                }

                isFilter = letter == '|' || (isFilter && char.IsWhiteSpace(letter));
                at++;
            }
        }

        if (depth > MessageLimits.Depth)
        {
            _problems.Add(new TemplateProblem(from, $"brackets are nested more than {MessageLimits.Depth} deep"));
        }
    }

    // Brackets contain names of their own.
    void Indexes(int at, int end)
    {
        for (var open = _text.IndexOf('[', at, end - at); open >= 0; open = open < end ? _text.IndexOf('[', open, end - open) : -1)
        {
            var close = MatchOf(open, end, out _);
            Names(open + 1, close);
            open = close;
        }
    }

    int PathEnd(int at, int to, out string path, out int deepest)
    {
        var text = new StringBuilder();
        deepest = 0;
        while (at < to)
        {
            var letter = _text[at];
            if (char.IsLetterOrDigit(letter) || letter is '_' or '-' && at + 1 < to && _text[at + 1] is not ('%' or '}'))
            {
                text.Append(letter);
                at++;
            }
            else if (letter == '.' && at + 1 < to && char.IsLetterOrDigit(_text[at + 1]) | _text[at + 1] == '_')
            {
                text.Append('.');
                at++;
            }
            else if (letter == '[')
            {
                text.Append(".[]");
                at = Math.Min(to, MatchOf(at, to, out var depth) + 1);
                deepest = Math.Max(deepest, depth);
            }
            else
            {
                break;
            }
        }

        path = text.ToString();
        return at;
    }

    int MatchOf(int open, int to, out int deepest)
    {
        deepest = 0;
        var depth = 0;
        for (var at = open; at < to; at++)
        {
            depth += _text[at] == '[' ? 1 : _text[at] == ']' ? -1 : 0;
            deepest = Math.Max(deepest, depth);
            if (depth == 0)
            {
                return at;
            }
        }

        return to;
    }

    // "limit: 3" and similar.
    bool IsArgument(int end, int to)
    {
        while (end < to && _text[end] == ' ')
        {
            end++;
        }

        return end < to && _text[end] == ':';
    }

    static void Add(Dictionary<string, Queue<int>> places, string name, int at)
    {
        if (!places.TryGetValue(name, out var queue))
        {
            places[name] = queue = new Queue<int>();
        }

        queue.Enqueue(at);
    }
}
