using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Templates;

namespace CartRecovery.Tests.Monitoring.Templates;

/// <summary>Expected texts are those of Prometheus' template reference and of the compliance suite's rules.</summary>
public sealed class GoTemplateTests
{
    [TestCase("{{humanize 1048576}} {{humanize1024 1048576}} {{humanizeDuration 135.3563}} {{humanizePercentage 0.959}} {{humanizeTimestamp 1643114203}}",
        "1.049M 1Mi 2m 15s 95.9% 2022-01-25 12:36:43 +0000 UTC")]
    [TestCase("""{{title "this part"}} {{toUpper "is testing"}} {{toLower "THE STRINGS"}}. {{ stripPort "[::1]:6006"}} {{ stripPort "127.0.0.1:4004"}}. {{parseDuration "2h10m15s"}}.""",
        "This Part IS TESTING the strings. ::1 127.0.0.1. 7815.")]
    [TestCase("""{{if match "[0-9]+" "1234"}}{{reReplaceAll "r.*d" "replaced" "rpld text"}}{{end}}. {{if match "[0-9]+$" "1234a"}}WRONG{{end}}.""", "replaced text. .")]
    [TestCase("""{{ define "t" }}Args are: {{.arg0}} {{.arg1}} {{.arg2}}.{{ end }}{{ template "t" (args "foo" "bar" 99) }}""", "Args are: foo bar 99.")]
    [TestCase("{{ with query \"suite\" }}first_id:{{ . | sortByLabel \"id\" | first | label \"id\"}},{{ range $v := sortByLabel \"id\" .}}{{ . | label \"id\" }}:{{ . | value }},{{end}}{{end}}",
        "first_id:1,1:10,2:20,")]
    [TestCase("{{ $labels.job }} {{ .Labels.job }} {{ $value }} {{ .Value | printf \"%.1f\" }}", "web web 0.25 0.2")]
    [TestCase("{{ $labels.missing }}x", "x")]
    [TestCase("{{ range query \"none\" }}a{{ else }}nothing{{ end }}", "nothing")]
    [TestCase("{{ if gt $value 1.0 }}high{{ else if lt $value 0.5 }}low{{ else }}middle{{ end }}", "low")]
    [TestCase("{{ $x := 3 }}{{ if true }}{{ $x = 4 }}{{ end }}{{ $x }}", "4")]
    [TestCase("a {{- /* comment */ -}} b {{- 1 }}", "ab1")]
    [TestCase("{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}", "job=web;")]
    [TestCase("{{ printf \"%s has %d of %5.2f%% %q\" \"a\" 3 12.345 \"b\" }}", "a has 3 of 12.35% \"b\"")]
    [TestCase("{{ printf \"%d\" \"a\" }}", "%!d(string=a)")]
    [TestCase("{{ humanize 0.0012 }} {{ humanize 0 }} {{ humanizeDuration 0.0021 }} {{ humanizeDuration 90061 }} {{ humanize 1e7 }}", "1.2m 0 2.1ms 1d 1h 1m 1s 10M")]
    [TestCase("{{ 1000000.0 }} {{ 123456.0 }} {{ 0.00001 }} {{ 1e21 }}", "1e+06 123456 1e-05 1e+21")]
    [TestCase("{{ and 1 0 }} {{ or 0 \"x\" }} {{ not true }} {{ len \"abc\" }} {{ index $labels \"job\" }} {{ eq \"a\" \"b\" \"a\" }}", "0 x false 3 web true")]
    [TestCase("{{ define \"t\" }}{{ $s := \"b\" }}{{ $s }}{{ end }}{{ $s := \"a\" }}{{ template \"t\" }}{{ $s }}", "ba", Description = "a caller does not see a template's variables")]
    [TestCase("{{ define \"t\" }}{{ $ }}{{ end }}{{ template \"t\" \"x\" }}", "x")]
    public void Expands_as_Prometheus_does(string template, string expected) => Assert.That(Expand(template), Is.EqualTo(expected));

    [TestCase("{{ if true }}a", "no {{end}}")]
    [TestCase("{{ nothing 1 }}", "function \"nothing\" not defined")]
    [TestCase("{{ $x }}", "undefined variable \"$x\"")]
    [TestCase("{{ end }}", "unexpected {{end}}")]
    [TestCase("{{ \"a }}", "unterminated quoted string")]
    [TestCase("{{ . ", "unclosed action")]
    [TestCase("{{ }}", "missing value for command")]
    [TestCase("{{ (1 }}", "unclosed left parenthesis")]
    public void Invalid_templates_are_refused_with_the_reason(string template, string reason) =>
        Assert.That(() => GoTemplate.Parse(template), Throws.InstanceOf<TemplateException>().With.Message.Contains(reason));

    [TestCase("{{ first (query \"none\") }}", "no elements")]
    [TestCase("{{ query \"sum(\" }}", "error executing query")]
    [TestCase("{{ define \"t\" }}{{ template \"t\" }}{{ end }}{{ template \"t\" }}", "levels deep")]
    [TestCase("{{ humanize \"abc\" }}", "can't convert abc to float")]
    [TestCase("{{ match \"(\" \"a\" }}", "error parsing regexp")]
    public void Failures_of_an_expansion_are_named(string template, string reason) =>
        Assert.That(() => Expand(template), Throws.InstanceOf<TemplateException>().With.Message.Contains(reason));

    [Test]
    public void Output_is_bounded() => Assert.That(
        () => Expand("{{ define \"a\" }}0123456789{{ end }}" + string.Concat(Enumerable.Repeat("{{ template \"a\" }}{{ printf \"%999d\" 1 }}", 100))),
        Throws.InstanceOf<TemplateException>().With.Message.Contains("longer than"));

    [TestCase("{{ $x := \"0123456789\" }}", "{{ $x = print $x $x $x $x $x $x $x $x $x $x }}", "print")]
    [TestCase("{{ $x := \"0123456789\" }}", "{{ $x = reReplaceAll \"\" \"$0$0$0$0$0$0$0$0$0$0\" $x }}{{ $x = print $x $x $x $x $x $x $x $x $x $x }}", "")]
    public void Values_are_bounded(string begin, string step, string name) => Assert.That(
        () => Expand(begin + string.Concat(Enumerable.Repeat(step, 10))), Throws.InstanceOf<TemplateException>().With.Message.Contains($"the result of {name}"));

    static string Expand(string template)
    {
        var series = new MemorySeries();
        series.Append(SeriesLabels.Of("suite", "id", "2"), 1000, 20);
        series.Append(SeriesLabels.Of("suite", "id", "1"), 1000, 10);
        var engine = new PromQlEngine(series);
        var scope = new TemplateScope(SeriesLabels.Empty.With("job", "web"), 0.25, text => engine.Evaluate(PromQuery.Parse(text), 1000));
        return GoTemplate.Parse(template).Expand(scope);
    }
}
