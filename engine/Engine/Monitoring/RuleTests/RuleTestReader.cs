using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;

namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>Reads the test files of <c>promtool test rules</c>.</summary>
sealed class RuleTestReader(string file, ConfigProblems problems)
{
    const int MaxTests = 10_000;

    /// <summary>The rule files, relative to the test file.</summary>
    public IReadOnlyList<string> RuleFiles { get; private set; } = [];

    /// <summary>The distance of two evaluations in milliseconds.</summary>
    public long EvaluationInterval { get; private set; } = 60_000;

    /// <summary>The order in which groups are evaluated, by name; empty for that of the files.</summary>
    public IReadOnlyList<string> GroupOrder { get; private set; } = [];

    /// <summary>The tests.</summary>
    public List<RuleTest> Tests { get; } = [];

    /// <summary>Reads a file's text and reports its problems.</summary>
    public void Read(string text)
    {
        if (YamlTree.Parse(text, problems) is not { } root || YamlFields.Of(root, "a test file", problems) is not { } fields)
        {
            return;
        }

        RuleFiles = fields.Texts("rule_files");
        EvaluationInterval = Math.Max(1, fields.Duration("evaluation_interval", 60_000));
        GroupOrder = fields.Texts("group_eval_order");
        foreach (var item in fields.List("tests").Take(MaxTests))
        {
            if (YamlFields.Of(item, "a test", problems) is { } test)
            {
                Tests.Add(Test(test));
            }
        }

        fields.ReportUnknown("a test file");
    }

    RuleTest Test(YamlFields fields)
    {
        foreach (var unsupported in new[] { "external_labels", "external_url" }.Where(fields.Has))
        {
            problems.Add(fields.Where(unsupported), $"{unsupported} is not supported: rules have no external labels here");
        }

        var test = new RuleTest
        {
            Name = fields.Text("name") is { Length: > 0 } name ? name : $"{Path.GetFileName(file)}:{fields.At.Line}",
            Interval = Math.Max(1, fields.Duration("interval", EvaluationInterval)),
            Series = [.. Maps(fields, "input_series").Select(Series)],
            Alerts = [.. Maps(fields, "alert_rule_test").Select(Alerts)],
            Expressions = [.. Maps(fields, "promql_expr_test").Select(Samples).OfType<ExpectedSamples>()],
        };
        fields.ReportUnknown("a test");
        return test;
    }

    IEnumerable<YamlFields> Maps(YamlFields fields, string key) => fields.List(key).Select(item => YamlFields.Of(item, $"{key}'s item", problems)).OfType<YamlFields>();

    (SeriesLabels, IReadOnlyList<double?>) Series(YamlFields fields)
    {
        var labels = Labels(fields, "series");
        IReadOnlyList<double?> values = [];
        try
        {
            values = InputSeries.Expand(fields.Required("values", "a series"));
        }
        catch (FormatException e)
        {
            problems.Add(fields.Where("values"), e.Message);
        }

        fields.ReportUnknown("a series");
        return (labels, values);
    }

    SeriesLabels Labels(YamlFields fields, string key)
    {
        try
        {
            return InputSeries.Labels(fields.Text(key) ?? "");
        }
        catch (FormatException e)
        {
            problems.Add(fields.Where(key), e.Message);
            return SeriesLabels.Empty;
        }
    }

    ExpectedAlerts Alerts(YamlFields fields)
    {
        var name = fields.Required("alertname", "an alert's test");
        var expected = new List<(SeriesLabels, SeriesLabels)>();
        foreach (var alert in Maps(fields, "exp_alerts"))
        {
            var labels = SeriesLabels.Of(Pairs(alert, "exp_labels")).With("alertname", name);
            expected.Add((labels, SeriesLabels.Of(Pairs(alert, "exp_annotations"))));
            alert.ReportUnknown("an expected alert");
        }

        var test = new ExpectedAlerts(fields.Duration("eval_time", 0), name, expected);
        fields.ReportUnknown("an alert's test");
        return test;
    }

    static IEnumerable<KeyValuePair<string, string>> Pairs(YamlFields fields, string key) => fields.Pairs(key).Select(pair => KeyValuePair.Create(pair.Name, pair.Value));

    ExpectedSamples? Samples(YamlFields fields)
    {
        var text = fields.Required("expr", "an expression's test");
        var at = fields.Duration("eval_time", 0);
        var expected = new List<VectorSample>();
        foreach (var sample in Maps(fields, "exp_samples"))
        {
            expected.Add(new VectorSample(Labels(sample, "labels"), sample.Number("value") ?? 0));
            sample.ReportUnknown("an expected sample");
        }

        fields.ReportUnknown("an expression's test");
        try
        {
            return text.Length == 0 ? null : new ExpectedSamples(at, PromQuery.Parse(text), expected);
        }
        catch (PromQlException e)
        {
            problems.Add(fields.Where("expr"), e.Message);
            return null;
        }
    }
}
