using CartRecovery.Engine.Configuration;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration.Security;

/// <summary>Secrets that are read from HashiCorp Vault's HTTP API.</summary>
[TestFixture]
public sealed class VaultSourceTests
{
    const string Secret = "sk_hunter2-hunter2-hunter2";

    FakeVault _vault = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _vault = await FakeVault.StartAsync();
        _vault.Put("/v1/secret/data/shop/keys", $$"""{"api":"{{Secret}}","metrics":"mk_hunter2-hunter2","empty":"","number":7}""");
        _vault.Put("/v1/kv/data/shop keys", $$"""{"api":"{{Secret}}"}""");
        _vault.Secrets["/v1/secret/data/deleted"] = """{"data":{"data":null,"metadata":{"version":2,"destroyed":false}}}""";
        _vault.Secrets["/v1/secret/data/text"] = "<html>";
        _vault.Put("/v1/secret/data/long", $$"""{"x":"{{new string('x', 1 << 20)}}"}""");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _vault.DisposeAsync();

    [Test]
    public void Fields_of_a_secret_are_read_at_once_and_their_sources_are_known()
    {
        using var scratch = new Scratch();
        scratch.Write("token", FakeVault.Token);
        var before = _vault.Requests;
        var (config, problems, origins) = Load(scratch, "{ vault: 'shop/keys#api' }", "listen: { metricsKey: { vault: \"shop/keys#metrics\" }, tcpKey: \"${NAME}\" }");

        Assert.That(problems, Is.Empty);
        Assert.That((config!.Stores[0].Keys[0].Key, config.Listen.MetricsKey), Is.EqualTo((Secret, "mk_hunter2-hunter2")));
        Assert.That(_vault.Requests - before, Is.EqualTo(1));
        Assert.That(origins, Is.EquivalentTo(new[]
        {
            "secrets.vault.token file token", "stores[0].keys[0].key vault shop/keys#api", "listen.metricsKey vault shop/keys#metrics", "listen.tcpKey environment NAME",
        }));
    }

    [Test]
    public void Another_mount_and_a_namespace()
    {
        using var scratch = new Scratch();
        _vault.Namespace = "team/shop";
        try
        {
            var vault = $"{{ address: \"{_vault.Address}/\", token: {FakeVault.Token}, mount: kv, namespace: team/shop }}";
            Assert.That(Load(scratch, "{ vault: 'shop keys#api' }", vault: vault).Config!.Stores[0].Keys[0].Key, Is.EqualTo(Secret));
        }
        finally
        {
            _vault.Namespace = null;
        }
    }

    [TestCase("shop/keys#other", "Vault's secret 'shop/keys' has no text 'other'")]
    [TestCase("shop/keys#number", "Vault's secret 'shop/keys' has no text 'number'")]
    [TestCase("shop/keys#empty", "Vault's secret is empty")]
    [TestCase("shop/keys", "expected PATH#FIELD")]
    [TestCase("nothing#x", "Vault has no secret 'nothing' in the engine 'secret' (404)")]
    [TestCase("deleted#x", "Vault's secret 'deleted' was deleted")]
    [TestCase("text#x", "Vault's answer is not JSON")]
    [TestCase("long#x", "Vault cannot be asked")]
    [TestCase("slow#x", "Vault does not answer within 100ms")]
    [TestCase("elsewhere#x", "Vault answers 302")]
    public void A_secret_that_cannot_be_read_is_reported_where_it_stands(string source, string problem)
    {
        using var scratch = new Scratch();
        scratch.Write("token", FakeVault.Token);
        var timeout = source.StartsWith("slow", StringComparison.Ordinal) ? "100ms" : "1m";
        var (_, problems, _) = Load(scratch, $"{{ vault: '{source}' }}", vault: $"{{ address: \"{_vault.Address}\", token: {{ file: token }}, timeout: {timeout} }}");
        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.Match("^c.yaml:1:[0-9]+: error: stores\\[0\\]\\.keys\\[0\\]\\.key\\.vault: ").And.Contain(problem).And.Not.Contain("hunter2"));
    }

    [TestCase("{ address: \"ADDRESS\", token: wrong }", "Vault refuses its token 'shop/keys' (403)")]
    [TestCase("{ address: \"http://127.0.0.1:1\", token: x }", "Vault cannot be asked")]
    [TestCase("{ address: \"http://vault.example\", token: x }", "secrets.vault.address must be an https address")]
    [TestCase("{ address: \"ADDRESS\", token: { vault: 'a#b' } }", "Vault's own token cannot come from Vault")]
    public void A_vault_that_cannot_be_asked_is_reported(string vault, string problem)
    {
        using var scratch = new Scratch();
        var (_, problems, _) = Load(scratch, "{ vault: 'shop/keys#api' }", vault: vault.Replace("ADDRESS", _vault.Address, StringComparison.Ordinal));
        Assert.That(problems, Has.Some.Contain(problem));
    }

    [Test]
    public void A_secret_from_a_vault_that_is_not_configured_is_reported() => Assert.That(
        ConfigFile.Load("stores: [{ id: s1, keys: [{ key: { vault: 'a#b' }, kind: secret }] }]").Problems, Has.One.Contain("secrets.vault is not set"));

    (CartRecoveryConfig? Config, string[] Problems, string[] Origins) Load(Scratch scratch, string key, string more = "", string? vault = null)
    {
        var path = scratch.Write("c.yaml", $$"""
            stores: [{ id: s1, keys: [{ key: {{key}}, kind: secret }] }]
            secrets: { vault: {{vault ?? $"{{ address: \"{_vault.Address}\", token: {{ file: token }} }}"}} }
            {{more}}
            """);
        var result = ConfigLoader.Load(path, TestCatalog.Small, name => name == "NAME" ? Secret : null);
        return (result.Config, [.. result.Problems.Select(problem => (problem with { File = "c.yaml" }).ToString())], [.. result.Secrets.Select(secret => $"{secret.Path} {secret.Source}")]);
    }
}
