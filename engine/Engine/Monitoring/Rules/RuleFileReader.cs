using System.Text.RegularExpressions;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Query.Syntax;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.Rules;

/// <summary>
/// Reads rule files: those of Prometheus unchanged, and with the fields <c>enabled</c>, <c>runbook</c>, <c>severity</c>, <c>no_data</c>,
/// <c>hysteresis</c>, and <c>metric</c>, <c>condition</c> and <c>threshold</c> instead of <c>expr</c>. Reports all problems at once.
/// </summary>
public sealed partial class RuleFileReader
{
    /// <summary>The largest file, in bytes.</summary>
    public const int MaxFileSize = 16 << 20;

    /// <summary>How many rules a file may have.</summary>
    public const int MaxRules = 20_000;

    readonly string _file;
    readonly long _interval;
    readonly ConfigProblems _problems;
    int _rules;

    RuleFileReader(string file, long interval) => (_file, _interval, _problems) = (file, interval, new ConfigProblems(file));

    /// <summary>Reads a file. Never throws because of the file, which may be missing.</summary>
    /// <param name="path">The file, as it appears in problems.</param>
    /// <param name="interval">The interval of groups that name none, in milliseconds.</param>
    public static RuleFile Load(string path, long interval = 60_000)
    {
        try
        {
            return new FileInfo(path).Length > MaxFileSize ? Problem($"the file is larger than {MaxFileSize >> 20} MB") : Parse(File.ReadAllText(path), path, interval);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Problem($"cannot be read: {e.Message}");
        }

        RuleFile Problem(string message)
        {
            var problems = new ConfigProblems(path);
            problems.Add(SourceLocation.Start, message);
            return new RuleFile([], problems.Sorted());
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="file">The name that problems give it.</param>
    /// <param name="interval">The interval of groups that name none, in milliseconds.</param>
    public static RuleFile Parse(string text, string file, long interval = 60_000)
    {
        var reader = new RuleFileReader(file, interval);
        List<RuleGroup> groups = [];
        if (YamlTree.Parse(text, reader._problems) is { } root && YamlFields.Of(root, "a rule file", reader._problems) is { } fields)
        {
            foreach (var item in fields.List("groups"))
            {
                if (YamlFields.Of(item, "a group", reader._problems) is { } group)
                {
                    groups.Add(reader.Group(group, groups));
                }
            }

            fields.ReportUnknown("a rule file");
        }

        return new RuleFile(groups, reader._problems.Sorted());
    }

    RuleGroup Group(YamlFields fields, List<RuleGroup> before)
    {
        var name = fields.Required("name", "a group");
        if (before.Exists(group => group.Name == name))
        {
            _problems.Add(fields.Where("name"), $"duplicate group name \"{name}\"");
        }

        var interval = fields.Duration("interval", _interval);
        if (interval < 1000)
        {
            _problems.Add(fields.Where("interval"), "interval: at least 1s");
        }

        var labels = fields.Pairs("labels");
        List<Rule> rules = [];
        foreach (var item in fields.List("rules"))
        {
            if (++_rules == MaxRules + 1)
            {
                _problems.Add(item.At, $"a file has at most {MaxRules} rules");
            }

            if (_rules <= MaxRules && YamlFields.Of(item, "a rule", _problems) is { } rule && Rule(rule, labels) is { } read)
            {
                rules.Add(read);
            }
        }

        var group = new RuleGroup
        {
            Name = name,
            File = _file,
            Interval = Math.Max(1000, interval),
            Limit = fields.Whole("limit", 0),
            QueryOffset = fields.Duration("query_offset", 0),
            Rules = rules,
        };
        fields.ReportUnknown("a group");
        return group;
    }

    Rule? Rule(YamlFields fields, IReadOnlyList<(string Name, string Value, SourceLocation At)> groupLabels)
    {
        var (alert, record) = (fields.Text("alert"), fields.Text("record"));
        if (string.IsNullOrEmpty(alert) == string.IsNullOrEmpty(record))
        {
            _problems.Add(fields.At, alert is null ? "a rule needs 'record' or 'alert'" : "a rule has either 'record' or 'alert'");
            return null;
        }

        (string Name, string Value, SourceLocation At)[] labels = [.. groupLabels, .. fields.Pairs("labels")];
        foreach (var (name, _, at) in labels.Where(label => !LabelName().IsMatch(label.Name) || label.Name == SeriesLabels.Name))
        {
            _problems.Add(at, $"invalid label name: {name}");
        }

        return alert is { Length: > 0 } ? Alert(fields, alert, labels) : Recording(fields, record!, labels);
    }

    RecordingRule? Recording(YamlFields fields, string name, IEnumerable<(string Name, string Value, SourceLocation At)> labels)
    {
        if (!MetricName().IsMatch(name))
        {
            _problems.Add(fields.Where("record"), $"invalid recording rule name: {name}");
        }

        var query = Query(fields);
        fields.ReportUnknown("a recording rule");
        return query is null ? null : new RecordingRule { Name = name, Query = query, Line = fields.At.Line, Labels = [.. labels.Select(l => KeyValuePair.Create(l.Name, l.Value))] };
    }

    AlertRule? Alert(YamlFields fields, string name, IReadOnlyList<(string Name, string Value, SourceLocation At)> labels)
    {
        var query = fields.Has("metric") || fields.Has("threshold") ? Threshold(fields) : Query(fields);
        var noData = NoData(fields);
        var hysteresis = fields.Number("hysteresis");
        var (data, hold) = query is null ? default : Comparison(fields, query, noData, hysteresis);
        List<KeyValuePair<string, GoTemplate>> extra = [];
        List<KeyValuePair<string, GoTemplate>> annotations = [.. fields.Pairs("annotations").Select(Template)];
        foreach (var (field, label, list) in new[] { ("severity", "severity", extra), ("runbook", "runbook_url", annotations) })
        {
            if (fields.Text(field) is { } text)
            {
                list.Add(Template((label, text, fields.Where(field))));
            }
        }

        var rule = query is null ? null : new AlertRule
        {
            Name = name,
            Query = query,
            Line = fields.At.Line,
            For = fields.Duration("for", 0),
            KeepFiringFor = fields.Duration("keep_firing_for", 0),
            Labels = [.. extra, .. labels.Select(Template)],
            Annotations = annotations,
            Enabled = fields.Truth("enabled", true),
            NoData = noData,
            Data = data,
            Hold = hold,
        };
        fields.ReportUnknown("an alert rule");
        return rule;
    }

    KeyValuePair<string, GoTemplate> Template((string Name, string Value, SourceLocation At) field)
    {
        try
        {
            return KeyValuePair.Create(field.Name, GoTemplate.Parse(field.Value));
        }
        catch (TemplateException e)
        {
            _problems.Add(field.At, $"{field.Name}: {e.Message}");
            return KeyValuePair.Create(field.Name, GoTemplate.Parse(""));
        }
    }

    PromQuery? Query(YamlFields fields) => fields.Required("expr", "a rule") is { Length: > 0 } text ? Parse(text, fields.Where("expr")) : null;

    PromQuery? Parse(string text, SourceLocation at)
    {
        try
        {
            var query = PromQuery.Parse(text);
            if (query.Type is PromType.Scalar or PromType.Vector)
            {
                return query;
            }

            _problems.Add(at, "a rule's expression is a vector or a number");
        }
        catch (PromQlException e)
        {
            _problems.Add(at, $"could not parse expression: {e.Message}");
        }

        return null;
    }

    PromQuery? Threshold(YamlFields fields)
    {
        var metric = fields.Required("metric", "a rule with a threshold");
        var condition = fields.Required("condition", "a rule with a threshold");
        var threshold = fields.Number("threshold");
        if (threshold is null)
        {
            _problems.Add(fields.Where("threshold"), "a rule with a threshold needs 'threshold', a number");
        }

        if (fields.Has("expr"))
        {
            _problems.Add(fields.Where("expr"), "a rule has either 'expr' or 'metric', 'condition' and 'threshold'");
        }

        if (condition is not (">" or ">=" or "<" or "<=" or "==" or "!="))
        {
            _problems.Add(fields.Where("condition"), $"condition: expected one of > >= < <= == !=, got \"{condition}\"");
            return null;
        }

        return threshold is { } limit && metric.Length > 0 ? Parse($"{metric} {condition} {GoNumber.Shortest(limit)}", fields.Where("metric")) : null;
    }

    NoDataPolicy NoData(YamlFields fields)
    {
        switch (fields.Text("no_data"))
        {
            case null or "resolve":
                return NoDataPolicy.Resolve;
            case "keep":
                return NoDataPolicy.Keep;
            case "fire":
                return NoDataPolicy.Fire;
            case var other:
                _problems.Add(fields.Where("no_data"), $"no_data: expected keep, fire or resolve, got \"{other}\"");
                return NoDataPolicy.Resolve;
        }
    }

    // The side of the comparison that has series, and the comparison with the threshold of the hysteresis.
    (PromQuery? Data, PromQuery? Hold) Comparison(YamlFields fields, PromQuery query, NoDataPolicy noData, double? hysteresis)
    {
        if (noData == NoDataPolicy.Resolve && hysteresis is null)
        {
            return default;
        }

        var key = hysteresis is null ? "no_data" : "hysteresis";
        double? threshold = query.Root is not BinaryOperation { IsComparison: true } root ? null : root.Right switch
        {
            NumberLiteral number => number.Value,
            Negation { Operand: NumberLiteral number } => -number.Value,
            _ => null,
        };
        if (threshold is { } limit && query.Root is BinaryOperation comparison
            && BeforeOperator().Match(query.Text[..comparison.Right.Position]) is { Success: true } left && TryParse(left.Groups["left"].Value) is { } data)
        {
            var sign = comparison.Operator switch
            {
                BinaryOperator.Greater or BinaryOperator.GreaterOrEqual => -1,
                BinaryOperator.Less or BinaryOperator.LessOrEqual => 1,
                _ => 0,
            };
            if (hysteresis is null || (sign != 0 && hysteresis > 0))
            {
                var held = hysteresis is { } h ? TryParse($"({data.Text}) {left.Groups["operator"].Value} {GoNumber.Shortest(limit + sign * h)}") : null;
                return (noData == NoDataPolicy.Resolve ? null : data, held);
            }
        }

        _problems.Add(fields.Where(key), hysteresis is null ? "no_data needs an expression of the form VECTOR > NUMBER"
            : "hysteresis, a number above 0, needs an expression of the form VECTOR > NUMBER, with > >= < or <=");
        return default;
    }

    static PromQuery? TryParse(string text)
    {
        try
        {
            return PromQuery.Parse(text);
        }
        catch (PromQlException)
        {
            return null;
        }
    }

    [GeneratedRegex("^[a-zA-Z_][a-zA-Z0-9_]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LabelName();

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex MetricName();

    // The position of a negative number is that of its sign or of its digits.
    [GeneratedRegex(@"^(?<left>.*?)\s*(?<operator>[><]=?|==|!=)\s*-?\s*$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BeforeOperator();
}
