using System.Text.Json;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Monitoring.Collection;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Primitives;

namespace CartRecovery.Tests.Monitoring.Collection;

/// <summary>Checks how values are read out of answers.</summary>
public sealed class ResponseMetricTests
{
    [TestCase("$.a.b", "1")]
    [TestCase("$['a b'][0]", "2")]
    [TestCase("$['a b'][-1]", "3")]
    [TestCase("$.list[*].x", "4 5")]
    [TestCase("$.list[*].none", "")]
    [TestCase("$.a[0]", "")]
    [TestCase("$.missing.b", "")]
    public void A_path_selects(string path, string expected)
    {
        using var document = JsonDocument.Parse("""{"a":{"b":1},"a b":[2,3],"list":[{"x":4},{"x":5}]}""");
        Assert.That(string.Join(' ', JsonPath.Parse(path).Select(document.RootElement)), Is.EqualTo(expected));
    }

    [TestCase("a.b")]
    [TestCase("$a")]
    [TestCase("$.")]
    [TestCase("$[x]")]
    [TestCase("$['x")]
    [TestCase("$[")]
    public void A_broken_path_is_an_error(string path) => Assert.That(() => JsonPath.Parse(path), Throws.TypeOf<FormatException>());

    [Test]
    public void Items_are_series_with_labels_of_their_own() => Assert.That(
        Read(new ResponseMetricConfig { Name = "cost", Items = "$[*]", Value = "$.usd", Labels = { ["service"] = "$.name", ["account"] = "shop" } },
            """[{"name":"db","usd":"1.5"},{"name":"cdn","usd":2},{"name":"none"}]"""),
        Is.EqualTo(new[] { "cost{account=\"shop\",service=\"db\"} 1.5", "cost{account=\"shop\",service=\"cdn\"} 2" }));

    [Test]
    public void Hexadecimal_numbers_are_scaled() =>
        Assert.That(Read(new ResponseMetricConfig { Name = "gas", Value = "$.result", Scale = 1e-9 }, """{"result":"0x77359400"}"""), Is.EqualTo(new[] { "gas 2" }));

    [Test]
    public void A_pattern_finds_values_and_labels() => Assert.That(
        Read(new ResponseMetricConfig { Name = "queue", Pattern = "(?<name>[a-z]+): (?<value>[0-9]+)", Labels = { ["site"] = "a" } }, "in: 4\nout: 5"),
        Is.EqualTo(new[] { "queue{name=\"in\",site=\"a\"} 4", "queue{name=\"out\",site=\"a\"} 5" }));

    [TestCase("$.b", null, """{"a":1}""")]
    [TestCase("$.a", null, """{"a":"x"}""")]
    [TestCase("$.a", null, "not json")]
    [TestCase(null, "x([0-9]+)", "y1")]
    public void An_answer_without_the_value_is_an_error(string? value, string? pattern, string body) =>
        Assert.That(() => Read(new ResponseMetricConfig { Name = "m", Value = value, Pattern = pattern }, body), Throws.TypeOf<FormatException>());

    [TestCase("a-b", "$.a", null, "name")]
    [TestCase("a", null, null, "value")]
    [TestCase("a", "$.a", "b", "value")]
    [TestCase("a", "x", null, "value")]
    [TestCase("a", null, "(", "pattern")]
    [TestCase("a", null, "(?=x)", "pattern")]
    public void A_broken_metric_says_which_key(string name, string? value, string? pattern, string key) =>
        Assert.That(() => new ResponseMetric(new ResponseMetricConfig { Name = name, Value = value, Pattern = pattern }), Throws.TypeOf<FormatException>().With.Message.StartsWith(key));

    static IEnumerable<string> Read(ResponseMetricConfig config, string body)
    {
        using var document = TryParse(body);
        return [.. new ResponseMetric(config).Read(body, document).Select(item => FormattableString.Invariant($"{SeriesLabels.Of(item.Labels)} {item.Value}"))];
    }

    static JsonDocument? TryParse(string body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
