using System.Globalization;
using System.Text.RegularExpressions;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Query.Syntax;

namespace CartRecovery.Engine.Monitoring.Templates;

/// <summary>The functions of templates: those of Prometheus' reference and of Go's <c>text/template</c>.</summary>
static class TemplateFunctions
{
    delegate object? Function(IReadOnlyList<object?> arguments, TemplateScope scope);

    // The fewest and the most arguments of each.
    // Of a replacement, before it is built, in characters.
    const long MaxReplaced = 1 << 20;

    static readonly Dictionary<string, (int Min, int Max, Function Call)> s_functions = new(StringComparer.Ordinal)
    {
        ["humanize"] = (1, 1, (a, _) => Humanize.Metric(Number(a[0]))),
        ["humanize1024"] = (1, 1, (a, _) => Humanize.Binary(Number(a[0]))),
        ["humanizeDuration"] = (1, 1, (a, _) => Humanize.Duration(Number(a[0]))),
        ["humanizePercentage"] = (1, 1, (a, _) => Humanize.Percentage(Number(a[0]))),
        ["humanizeTimestamp"] = (1, 1, (a, _) => Humanize.Timestamp(Number(a[0]))),
        ["toTime"] = (1, 1, (a, _) => Humanize.Timestamp(Number(a[0]))),
        ["now"] = (0, 0, (_, scope) => scope.Time / 1000.0),
        ["query"] = (1, 1, (a, scope) => Query(Text(a[0]), scope)),
        ["first"] = (1, 1, (a, _) => Samples(a[0]) is [var first, ..] ? first : throw new TemplateException("first() called on vector with no elements")),
        ["label"] = (2, 2, (a, _) => Sample(a[1]).Labels[Text(a[0])]),
        ["value"] = (1, 1, (a, _) => Sample(a[0]).Value),
        ["strvalue"] = (1, 1, (a, _) => Sample(a[0]).Labels["__value__"]),
        ["sortByLabel"] = (2, 2, (a, _) => Samples(a[1]).OrderBy(s => s.Labels[Text(a[0])], StringComparer.Ordinal).ToList()),
        ["args"] = (0, 100, (a, _) => a.Select((value, i) => KeyValuePair.Create($"arg{i}", value)).ToDictionary(StringComparer.Ordinal)),
        ["title"] = (1, 1, (a, _) => Title(Text(a[0]))),
        ["toUpper"] = (1, 1, (a, _) => Text(a[0]).ToUpperInvariant()),
        ["toLower"] = (1, 1, (a, _) => Text(a[0]).ToLowerInvariant()),
        ["match"] = (2, 2, (a, _) => Pattern(Text(a[0])).IsMatch(Text(a[1]))),
        ["reReplaceAll"] = (3, 3, (a, _) => Replace(Pattern(Text(a[0])), Text(a[1]), Text(a[2]))),
        ["join"] = (2, 2, (a, _) => string.Join(Text(a[0]), (a[1] as System.Collections.IEnumerable ?? throw new TemplateException("join: expected a list")).Cast<object?>().Select(Print))),
        ["trimSpace"] = (1, 1, (a, _) => Text(a[0]).Trim()),
        ["stringSlice"] = (0, 100, (a, _) => new TemplateList(a)),
        ["stripPort"] = (1, 1, (a, _) => StripPort(Text(a[0]))),
        ["stripDomain"] = (1, 1, (a, _) => StripDomain(Text(a[0]))),
        ["parseDuration"] = (1, 1, (a, _) => PromDuration.TryParse(Text(a[0]), out var milliseconds) ? milliseconds / 1000.0
            : throw new TemplateException($"not a valid duration string: \"{Text(a[0])}\"")),
        ["externalURL"] = (0, 0, (_, scope) => scope.ExternalUrl),
        ["pathPrefix"] = (0, 0, (_, scope) => Uri.TryCreate(scope.ExternalUrl, UriKind.Absolute, out var url) ? url.AbsolutePath.TrimEnd('/') : ""),
        ["graphLink"] = (1, 1, (a, _) => $"/graph?g0.expr={Uri.EscapeDataString(Text(a[0]))}&g0.tab=0"),
        ["tableLink"] = (1, 1, (a, _) => $"/graph?g0.expr={Uri.EscapeDataString(Text(a[0]))}&g0.tab=1"),
        ["safeHtml"] = (1, 1, (a, _) => a[0]),
        ["tmpl"] = (1, 2, (_, _) => ""),
        ["print"] = (0, 100, (a, _) => string.Concat(a.Select(Print))),
        ["println"] = (0, 100, (a, _) => string.Join(' ', a.Select(Print)) + "\n"),
        ["printf"] = (1, 100, (a, _) => GoFormat.Format(Text(a[0]), [.. a.Skip(1)])),
        ["urlquery"] = (1, 1, (a, _) => Uri.EscapeDataString(Print(a[0]))),
        ["html"] = (1, 1, (a, _) => System.Net.WebUtility.HtmlEncode(Print(a[0]))),
        ["len"] = (1, 1, (a, _) => Length(a[0])),
        ["index"] = (2, 2, (a, _) => Index(a[0], a[1])),
        ["not"] = (1, 1, (a, _) => !IsTrue(a[0])),
        ["and"] = (1, 100, (a, _) => a.FirstOrDefault(value => !IsTrue(value), a[^1])),
        ["or"] = (1, 100, (a, _) => a.FirstOrDefault(IsTrue, a[^1])),
        ["eq"] = (2, 100, (a, _) => a.Skip(1).Any(other => Compare(a[0], other) == 0)),
        ["ne"] = (2, 2, (a, _) => Compare(a[0], a[1]) != 0),
        ["lt"] = (2, 2, (a, _) => Compare(a[0], a[1]) < 0),
        ["le"] = (2, 2, (a, _) => Compare(a[0], a[1]) <= 0),
        ["gt"] = (2, 2, (a, _) => Compare(a[0], a[1]) > 0),
        ["ge"] = (2, 2, (a, _) => Compare(a[0], a[1]) >= 0),
    };

    /// <summary>Whether there is a function of this name.</summary>
    public static bool Knows(string name) => s_functions.ContainsKey(name);

    /// <summary>Calls a function.</summary>
    /// <exception cref="TemplateException">The number or kind of the arguments is wrong, or the function fails.</exception>
    public static object? Call(string name, IReadOnlyList<object?> arguments, TemplateScope scope)
    {
        var (min, max, call) = s_functions[name];
        if (arguments.Count < min || arguments.Count > max)
        {
            throw new TemplateException($"wrong number of args for {name}: want {(min == max ? $"{min}" : $"at least {min}")} got {arguments.Count}");
        }

        var value = call(arguments, scope);
        return value is string { Length: > GoTemplate.MaxOutput } ? throw TooLong(name) : value;
    }

    // The length is bounded before the text is built: each $ of the replacement may stand for the whole text.
    static string Replace(Regex pattern, string replacement, string text)
    {
        var perMatch = replacement.Length + ((long)replacement.Count(c => c == '$') * text.Length);
        return pattern.Count(text) * perMatch > MaxReplaced ? throw TooLong("reReplaceAll") : pattern.Replace(text, replacement);
    }

    static TemplateException TooLong(string name) => new($"the result of {name} is longer than {GoTemplate.MaxOutput} characters");

    /// <summary>Whether a value counts as true: not empty, not zero.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool truth => truth,
        string text => text.Length > 0,
        double number => number != 0,
        long number => number != 0,
        System.Collections.ICollection list => list.Count > 0,
        SeriesLabels labels => labels.Count > 0,
        _ => true,
    };

    /// <summary>Formats a value as it is written to the output.</summary>
    public static string Print(object? value) => value switch
    {
        null => "<no value>",
        string text => text,
        bool truth => truth ? "true" : "false",
        double number => GoNumber.Shortest(number),
        long number => number.ToString(CultureInfo.InvariantCulture),
        SeriesLabels labels => $"map[{string.Join(' ', labels.Select(label => $"{label.Key}:{label.Value}"))}]",
        TemplateSample sample => $"{sample.Labels} {GoNumber.Shortest(sample.Value)}",
        Dictionary<string, object?> map => $"map[{string.Join(' ', map.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => $"{e.Key}:{Print(e.Value)}"))}]",
        System.Collections.IEnumerable list => $"[{string.Join(' ', list.Cast<object?>().Select(Print))}]",
        _ => value.ToString() ?? "",
    };

    /// <summary>Reads a number; a text is parsed.</summary>
    public static double Number(object? value) => value switch
    {
        double number => number,
        long number => number,
        string text when double.TryParse(text.Replace("Inf", "Infinity", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => throw new TemplateException($"can't convert {Print(value)} to float"),
    };

    static string Text(object? value) => value as string ?? throw new TemplateException($"wrong type: expected a text, got {Print(value)}");

    static TemplateSample Sample(object? value) => value as TemplateSample ?? throw new TemplateException($"wrong type: expected a sample, got {Print(value)}");

    static List<TemplateSample> Samples(object? value) =>
        value as List<TemplateSample> ?? throw new TemplateException($"wrong type: expected a query's result, got {Print(value)}");

    static List<TemplateSample> Query(string text, TemplateScope scope)
    {
        try
        {
            return scope.Query(text) switch
            {
                PromVector vector => [.. vector.Samples.Select(sample => new TemplateSample(sample.Labels, sample.Value))],
                PromScalar scalar => [new TemplateSample(SeriesLabels.Empty, scalar.Value)],
                PromString constant => [new TemplateSample(SeriesLabels.Empty.With("__value__", constant.Value), 0)],
                _ => throw new TemplateException("query result is not a vector or scalar"),
            };
        }
        catch (PromQlException e)
        {
            throw new TemplateException($"error executing query: {e.Message}");
        }
    }

    static Regex Pattern(string pattern)
    {
        try
        {
            // The same pattern, anywhere in the text.
            var whole = Re2Pattern.Compile(pattern).ToString();
            return new Regex(whole[@"\A(?:".Length..^@")\z".Length], RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (PromQlException e)
        {
            throw new TemplateException(e.Message);
        }
    }

    static int Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        (double or long, double or long) => Number(left).CompareTo(Number(right)),
        (null, null) => 0,
        _ => throw new TemplateException("incompatible types for comparison"),
    };

    static object? Length(object? value) => value switch
    {
        string text => (long)System.Text.Encoding.UTF8.GetByteCount(text),
        System.Collections.ICollection list => (long)list.Count,
        SeriesLabels labels => (long)labels.Count,
        _ => throw new TemplateException($"len of {Print(value)}"),
    };

    static object? Index(object? container, object? key) => (container, key) switch
    {
        (SeriesLabels labels, string name) => labels[name],
        (Dictionary<string, object?> map, string name) => map.GetValueOrDefault(name),
        (System.Collections.IList list, long i) when i >= 0 && i < list.Count => list[(int)i],
        _ => throw new TemplateException($"can't index {Print(container)} with {Print(key)}"),
    };

    static string Title(string text)
    {
        var letters = text.ToCharArray();
        for (var i = 0; i < letters.Length; i++)
        {
            letters[i] = i == 0 || char.IsWhiteSpace(letters[i - 1]) ? char.ToUpperInvariant(letters[i]) : letters[i];
        }

        return new string(letters);
    }

    static string StripPort(string address)
    {
        if (address.StartsWith('['))
        {
            var end = address.IndexOf(']', StringComparison.Ordinal);
            return end > 0 && address.AsSpan(end + 1).StartsWith(":") ? address[1..end] : address;
        }

        return address.Count(c => c == ':') == 1 ? address[..address.IndexOf(':', StringComparison.Ordinal)] : address;
    }

    static string StripDomain(string address)
    {
        var host = StripPort(address);
        if (System.Net.IPAddress.TryParse(host, out _))
        {
            return address;
        }

        var dot = host.IndexOf('.', StringComparison.Ordinal);
        return (dot < 0 ? host : host[..dot]) + address[host.Length..];
    }
}
