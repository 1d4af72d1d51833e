using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;

namespace CartRecovery.Tests.Configuration;

public class ConfigSchemaTests
{
    static readonly JsonNode s_schema = JsonNode.Parse(ConfigSchema.Write(TestCatalog.Small))!;

    [Test]
    public void Every_key_has_a_description_and_sections_are_closed()
    {
        var sections = Sections(s_schema).ToList();

        Assert.That(sections, Has.Count.GreaterThan(12));
        foreach (var section in sections)
        {
            Assert.That((bool?)section["additionalProperties"], Is.False, section.GetPath());
            foreach (var (name, key) in section["properties"]!.AsObject())
            {
                Assert.That((string?)key!["description"], Is.Not.Null.And.Not.Empty, section.GetPath() + "." + name);
            }
        }
    }

    [TestCase("listen.http", "127.0.0.1:8080")]
    [TestCase("listen.idleTimeout", "5m")]
    [TestCase("limits.past", "24h")]
    [TestCase("memory.carts", "1GB")]
    [TestCase("partitions", 0)]
    [TestCase("log.level", "information")]
    public void A_key_has_its_types_default(string path, object expected)
    {
        var key = path.Split('.').Aggregate(s_schema, (section, name) => section["properties"]![name]!);

        Assert.That(key["default"]!.ToString(), Is.EqualTo(expected.ToString()));
    }

    [Test]
    public void The_schema_has_ranges_required_keys_and_name_patterns()
    {
        var campaign = s_schema["properties"]!["decisions"]!["properties"]!["campaigns"]!["items"]!;
        var condition = campaign["properties"]!["when"]!["items"]!;

        Assert.That(s_schema["required"]!.ToJsonString(), Is.EqualTo("""["stores"]"""));
        Assert.That((int)s_schema["properties"]!["partitions"]!["maximum"]!, Is.EqualTo(256));
        Assert.That(campaign["required"]!.ToJsonString(), Is.EqualTo("""["name","trigger"]"""));
        Assert.That(condition["properties"]!["feature"]!["anyOf"]![0]!["enum"]!.ToJsonString(), Does.Contain("\"item_count\""));
        Assert.That((string?)s_schema["properties"]!["scoring"]!["properties"]!["maxAge"]!["description"], Does.EndWith("At most 1s."));
    }

    [Test]
    public void Each_sink_type_has_the_common_keys_and_its_own()
    {
        var webhook = s_schema["properties"]!["sinks"]!["additionalProperties"]!["oneOf"]!.AsArray()
            .Single(sink => (string?)sink!["properties"]!["type"]!["const"] == "webhook")!;

        Assert.That(webhook["properties"]!.AsObject().Select(pair => pair.Key), Is.EqualTo(new[]
        {
            "type", "batch", "batchAge", "timeout", "retries", "maxInFlight", "queue", "rateLimit", "url", "secret",
        }));
        Assert.That(webhook["required"]!.ToJsonString(), Is.EqualTo("""["type","url","secret"]"""));
    }

    [Test]
    public void A_sink_option_has_its_types_schema()
    {
        var typed = s_schema["properties"]!["sinks"]!["additionalProperties"]!["oneOf"]!.AsArray()
            .Single(sink => (string?)sink!["properties"]!["type"]!["const"] == "typed")!["properties"]!;

        Assert.Multiple(() =>
        {
            Assert.That(Of("port"), Is.EqualTo("""{"description":"A port.","type":["integer","string"],"pattern":"\\$\\{","minimum":1,"maximum":65535}"""));
            Assert.That(Of("share"), Is.EqualTo("""{"description":"A share.","type":["number","string"],"pattern":"\\$\\{","minimum":0,"maximum":1,"default":0.5}"""));
            Assert.That(Of("quiet"), Is.EqualTo("""{"description":"Says less.","type":["boolean","string"],"pattern":"\\$\\{","default":false}"""));
            Assert.That(Of("tls"), Does.Contain("""{"enum":["starttls","none"]}"""));
            Assert.That(Of("every"), Does.Contain("(ms|s|m|h|d)"));
            Assert.That(Of("command"), Does.Contain("""["array","string"]"""));
            Assert.That(Of("headers"), Does.Contain("additionalProperties"));
        });

        string Of(string option) => typed[option]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    static IEnumerable<JsonObject> Sections(JsonNode node) => node switch
    {
        JsonObject found => (found["properties"] is JsonObject && found["type"] is not null ? [found] : Array.Empty<JsonObject>())
            .Concat(found.SelectMany(pair => pair.Value is null ? [] : Sections(pair.Value))),
        JsonArray list => list.SelectMany(item => item is null ? [] : Sections(item)),
        _ => [],
    };
}
