using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Reading;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Rules;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Engine.Monitoring.RuleTests;

/// <summary>Runs test files of <c>promtool test rules</c> in virtual time, with the rule engine that runs in production.</summary>
public static class RuleTestRunner
{
    // The most evaluations of a test: a week of a rule a second.
    const long MaxEvaluations = 604_800;

    // As promtool: values that are computed in another order.
    const double Tolerance = 1e-6;

    /// <summary>Reads and runs a test file.</summary>
    /// <param name="path">The file; its rule files are relative to it.</param>
    /// <param name="cancellationToken">Ends the run early.</param>
    public static RuleTestResult Run(string path, CancellationToken cancellationToken = default)
    {
        var problems = new ConfigProblems(path);
        var reader = new RuleTestReader(path, problems);
        try
        {
            reader.Read(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(SourceLocation.Start, $"cannot be read: {e.Message}");
        }

        List<RuleGroup> groups = [];
        List<ConfigProblem> found = [.. problems.Sorted()];
        foreach (var pattern in reader.RuleFiles)
        {
            var files = Files(path, pattern);
            found.AddRange(files.Count == 0 ? [new ConfigProblem(path, 1, 1, $"rule_files: no file matches \"{pattern}\"")] : []);
            foreach (var file in files)
            {
                var rules = RuleFileReader.Load(file, reader.EvaluationInterval);
                found.AddRange(rules.Problems);
                groups.AddRange(rules.Groups);
            }
        }

        if (found.Count > 0)
        {
            return new RuleTestResult(found, 0, []);
        }

        var order = reader.GroupOrder;
        var sorted = groups.OrderBy(group => order.Contains(group.Name) ? order.ToList().IndexOf(group.Name) : int.MaxValue).ToList();
        List<RuleTestFailure> failures = [.. reader.Tests.SelectMany(test => Run(test, sorted, reader.EvaluationInterval, cancellationToken))];
        return new RuleTestResult([], reader.Tests.Count, failures);
    }

    static List<string> Files(string test, string pattern)
    {
        var path = Path.Combine(Path.GetDirectoryName(test) ?? "", pattern);
        var folder = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
        return !pattern.Contains('*', StringComparison.Ordinal) ? [path]
            : Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];
    }

    static IEnumerable<RuleTestFailure> Run(RuleTest test, List<RuleGroup> groups, long interval, CancellationToken cancellationToken)
    {
        var end = test.Alerts.Select(alert => alert.At).Concat(test.Expressions.Select(expression => expression.At)).DefaultIfEmpty(0).Max();
        if (end / interval > MaxEvaluations)
        {
            return [new RuleTestFailure(test.Name, $"eval_time: at most {MaxEvaluations} evaluations; this takes {end / interval}")];
        }

        var series = new MemorySeries();
        foreach (var (labels, values) in test.Series)
        {
            for (var i = 0; i < values.Count; i++)
            {
                if (values[i] is { } value)
                {
                    series.Append(labels, i * test.Interval, value);
                }
            }
        }

        var engine = new PromQlEngine(series);
        RuleGroupRunner[] runners = [.. groups.Select(group => new RuleGroupRunner(group, engine, series))];
        List<RuleTestFailure> failures = [];
        var alerts = test.Alerts.OrderBy(alert => alert.At).ToList();
        var next = 0;
        for (var at = 0L; at <= end; at += interval)
        {
            foreach (var runner in runners)
            {
                runner.Evaluate(at, cancellationToken);
                failures.AddRange(runner.Rules.Where(rule => rule.Health.Error is not null)
                    .Select(rule => new RuleTestFailure(test.Name, $"rule {rule.Rule.Name} at {Time(at)}: {rule.Health.Error}")));
            }

            for (; next < alerts.Count && alerts[next].At < at + interval; next++)
            {
                failures.AddRange(Compare(test, alerts[next], runners));
            }
        }

        failures.AddRange(test.Expressions.SelectMany(expression => Compare(test, expression, engine)));
        return failures;
    }

    static IEnumerable<RuleTestFailure> Compare(RuleTest test, ExpectedAlerts expected, RuleGroupRunner[] runners)
    {
        var rules = runners.SelectMany(runner => runner.AlertRules).Where(rule => rule.Rule.Name == expected.AlertName).ToList();
        var wanted = expected.Alerts.Select(alert => $"{alert.Labels} {alert.Annotations}").Order(StringComparer.Ordinal).ToList();
        var got = rules.SelectMany(rule => rule.Alerts).Where(alert => alert.State == AlertState.Firing).Select(alert => $"{alert.Labels} {alert.Annotations}")
            .Order(StringComparer.Ordinal).ToList();
        return rules.Count == 0 && wanted.Count > 0 ? [new RuleTestFailure(test.Name, $"no rule has the alertname {expected.AlertName}")]
            : Difference(test, $"alertname: {expected.AlertName}, time: {Time(expected.At)}", wanted, got);
    }

    static IEnumerable<RuleTestFailure> Compare(RuleTest test, ExpectedSamples expected, PromQlEngine engine)
    {
        var title = $"expr: {expected.Query.Text}, time: {Time(expected.At)}";
        IReadOnlyList<VectorSample> got;
        try
        {
            got = engine.Evaluate(expected.Query, expected.At) switch
            {
                PromVector vector => vector.Samples,
                PromScalar scalar => [new VectorSample(SeriesLabels.Empty, scalar.Value)],
                _ => throw new PromQlException(PromQlError.Execution, "the result is not a vector or scalar"),
            };
        }
        catch (PromQlException e)
        {
            return [new RuleTestFailure(test.Name, $"{title}: {e.Message}")];
        }

        var left = got.OrderBy(sample => sample.Labels).ToList();
        var right = expected.Samples.OrderBy(sample => sample.Labels).ToList();
        return left.Count == right.Count && left.Zip(right).All(pair => pair.First.Labels.Equals(pair.Second.Labels) && IsClose(pair.First.Value, pair.Second.Value)) ? []
            : Difference(test, title, [.. right.Select(Text)], [.. left.Select(Text)]);
    }

    static IEnumerable<RuleTestFailure> Difference(RuleTest test, string title, List<string> wanted, List<string> got) => wanted.SequenceEqual(got) ? []
        : [new RuleTestFailure(test.Name, $"{title}\n    exp: [{string.Join("\n          ", wanted)}]\n    got: [{string.Join("\n          ", got)}]")];

    static bool IsClose(double left, double right) => left.Equals(right) || Math.Abs(left - right) <= Tolerance * (Math.Abs(left) + Math.Abs(right));

    static string Text(VectorSample sample) => $"{sample.Labels} {GoNumber.Shortest(sample.Value)}";

    static string Time(long at) => Query.Syntax.PromDuration.Format(at);
}
