using System.Text.Json;
using System.Text.Json.Nodes;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Campaigns;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration;

public class ShippedConfigTests
{
    static readonly string s_folder = Path.Combine(Repository.Root, "config");
    static readonly string s_shipped = Path.Combine(s_folder, "cartrecovery.yaml");
    static readonly string s_schema = Path.Combine(s_folder, "cartrecovery.schema.json");

    static CartRecoveryConfig Load()
    {
        var result = ConfigLoader.Load(s_shipped, TestCatalog.Shipped);
        Assert.That(result.Problems, Is.Empty);
        return result.Config!;
    }

    [Test]
    public void The_shipped_configuration_loads_and_works_from_loopback_only()
    {
        var config = Load();

        Assert.That(config.Listen.Http.ToIPEndPoint().Address, Is.EqualTo(System.Net.IPAddress.Loopback));
        Assert.That(config.Stores.SelectMany(store => store.Keys).Select(key => (key.Key, key.Kind, key.LoopbackOnly)), Is.EqualTo(new[]
        {
            ("pk_demo", KeyKind.Publishable, true), ("sk_demo", KeyKind.Secret, true),
        }));
        Assert.That(config.Decisions.Campaigns, Has.Count.EqualTo(3));
        Assert.That(config.ModelPath, Is.EqualTo(Path.Combine(s_folder, "models", "purchase.onnx")));
    }

    [Test]
    public void Values_documented_as_defaults_are_the_defaults()
    {
        var (shipped, defaults) = (Tree(Load()), Tree(new CartRecoveryConfig()));

        Assert.That(Difference(shipped, defaults), Is.EquivalentTo(new[] { "listen.tcpKey", "stores", "decisions.campaigns", "sinks" }));
        Assert.That(Difference(Tree(Load().Sinks["console"]), Tree(new SinkConfig())), Is.EquivalentTo(new[] { "type", "maxInFlight" }));
        Assert.That(Difference(Tree(Load().Stores[0]), Tree(new StoreConfig())), Is.EquivalentTo(new[] { "id", "keys", "bots" }));
    }

    [Test]
    public void Every_key_is_explained()
    {
        var text = File.ReadAllText(s_shipped);

        Assert.That(KeysOf(JsonNode.Parse(ConfigSchema.Write(TestCatalog.Shipped))!)
            .Where(key => !System.Text.RegularExpressions.Regex.IsMatch(text, $@"\b{key}\b", default, TimeSpan.FromSeconds(5))), Is.Empty);
    }

    [Test]
    public void Its_schema_is_current()
    {
        var schema = ConfigSchema.Write(TestCatalog.Shipped);
        if (Environment.GetEnvironmentVariable("CARTRECOVERY_UPDATE") is not null)
        {
            File.WriteAllText(s_schema, schema);
        }

        Assert.That(File.ReadAllText(s_schema), Is.EqualTo(schema),
            "Write it anew with: CARTRECOVERY_UPDATE=1 dotnet test --filter Its_schema_is_current");
        Assert.That(File.ReadLines(s_shipped).First(), Is.EqualTo("# yaml-language-server: $schema=./" + Path.GetFileName(s_schema)));
    }

    [Test]
    public void The_sink_reference_is_current()
    {
        var file = Path.Combine(Repository.Root, "docs", "sink-options.md");
        var text = SinkReference.Write(TestCatalog.Shipped.Sinks);
        if (Environment.GetEnvironmentVariable("CARTRECOVERY_UPDATE") is not null)
        {
            File.WriteAllText(file, text);
        }

        Assert.That(File.ReadAllText(file), Is.EqualTo(text),
            "Update it with: CARTRECOVERY_UPDATE=1 dotnet test --filter The_sink_reference_is_current");
    }

    static JsonObject Tree<T>(T section) =>
        (JsonObject)JsonSerializer.SerializeToNode(section, ConfigJson.Default.GetTypeInfo(typeof(T))!)!;

    static IEnumerable<string> Difference(JsonObject a, JsonObject b, string path = "") =>
        a.SelectMany(pair => (pair.Value, b[pair.Key]) switch
        {
            (JsonObject { Count: > 0 } left, JsonObject { Count: > 0 } right) => Difference(left, right, path + pair.Key + "."),
            var (left, right) => JsonNode.DeepEquals(left, right) ? [] : [path + pair.Key],
        });

    static IEnumerable<string> KeysOf(JsonNode schema) => schema switch
    {
        JsonObject node => (node["properties"] as JsonObject ?? []).Select(pair => pair.Key).Concat(node.SelectMany(pair =>
            pair.Value is null ? [] : KeysOf(pair.Value))),
        JsonArray list => list.SelectMany(item => item is null ? [] : KeysOf(item)),
        _ => [],
    };
}
