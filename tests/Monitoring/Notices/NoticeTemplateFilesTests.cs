using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Notices;

/// <summary>Alertmanager's files of templates.</summary>
public sealed class NoticeTemplateFilesTests
{
    Scratch _scratch = null!;

    [SetUp]
    public void Open() => _scratch = new Scratch();

    [TearDown]
    public void Close() => _scratch.Dispose();

    [Test]
    public void Files_of_a_pattern_call_each_other_and_what_they_define_is_called_by_texts()
    {
        _scratch.Write("a.tmpl", """{{ define "shop.title" }}{{ template "shop.name" . }}!{{ end }}""");
        _scratch.Write("b.tmpl", """{{ define "shop.name" }}{{ .Receiver }}{{ end }} outside of a definition""");
        var file = Read("templates: ['*.tmpl', 'none/*.tmpl']", "{{ template \"shop.title\" . }}");
        Assert.That(file.Problems, Is.Empty);
        Assert.That(file.Unknown, Is.Empty);
        var folder = Path.GetDirectoryName(_scratch.PathOf("am.yml"))!;
        Assert.That(file.TemplatePaths, Is.EqualTo(new[] { folder, Path.Combine(folder, "a.tmpl"), Path.Combine(folder, "b.tmpl"), Path.Combine(folder, "none") }));
    }

    [TestCase("{{ define \"a\" }}\n\n  {{ .StartsAt.Format \"15:04\" }}{{ end }}", 3, ".StartsAt.Format is no function: methods with arguments are not supported")]
    [TestCase("{{ define \"a\" }}\n{{ date \"15:04\" .StartsAt }}{{ end }}", 2, "function \"date\" not defined")]
    [TestCase("text\n{{ define \"a\" }}\n{{ if .Status }}\n{{ template \"b\" . }}{{ end }}{{ end }}", 4, "template \"b\" not defined")]
    [TestCase("{{ define \"a\" }}{{ end }}\n{{ define \"b\" }}", 2, "{{define}} has no {{end}}")]
    [TestCase("a\n{{ define \"a\" ", 2, "unclosed action")]
    public void What_is_not_supported_is_named_with_its_file_and_line(string text, int line, string problem)
    {
        var path = _scratch.Write("shop.tmpl", text);
        var found = Read("templates: [shop.tmpl]", "x").Problems.Single();
        Assert.That((found.File, found.Line), Is.EqualTo((path, line)));
        Assert.That(found.Message, Does.Contain(problem));
        Assert.That(Read("templates: [shop.tmpl]", "x").TemplatePaths, Is.EqualTo(new[] { path }), "a mended file is noticed");
    }

    [Test]
    public void A_file_that_is_not_there_and_a_text_that_calls_an_unknown_template_are_problems()
    {
        Assert.That(Read("templates: [none.tmpl]", "x").Problems.Single().Message, Does.Contain("none.tmpl cannot be read"));
        Assert.That(Read("templates: []", "{{ template \"shop.title\" . }}").Problems.Single().Message, Is.EqualTo("slack_configs: title: template \"shop.title\" not defined"));
    }

    AlertmanagerFile Read(string templates, string title) => AlertmanagerConfigReader.Parse($$"""
        {{templates}}
        route: {receiver: a}
        receivers: [{name: a, slack_configs: [{channel: '#c', api_url: 'http://a', title: '{{title}}'}]}]
        """, _scratch.PathOf("am.yml"));
}
