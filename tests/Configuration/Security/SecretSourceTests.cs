using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Stores;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration.Security;

/// <summary>Secrets that are read from files and commands, and that no message shows.</summary>
public sealed class SecretSourceTests
{
    const string Secret = "sk_hunter2-hunter2-hunter2";

    [Test]
    public void A_secret_comes_from_a_file_or_a_command()
    {
        using var scratch = new Scratch();
        scratch.Write("key", Secret + "\n");
        var (config, problems) = Load(scratch, """
            listen: { tcpKey: { command: [cat, key] }, metricsKey: { command: [printf, "%s", "mk_$HOME_0123456789"] } }
            contact: { secret: { command: [printf, "%040d", "7"] } }
            telemetry: { otlp: { headers: { authorization: { file: key } } } }
            sinks: { hook: { type: webhook, url: "https://a.example/", secret: { file: "${NAME}" } } }
            stores: [{ id: s1, keys: [{ key: { file: key }, kind: secret }] }]
            """);

        Assert.That(problems, Is.Empty);
        Assert.That(config!.Stores[0].Keys[0].Key, Is.EqualTo(Secret), "without the final line break");
        Assert.That(config.Listen.TcpKey, Is.EqualTo(Secret));
        Assert.That(config.Listen.MetricsKey, Is.EqualTo("mk_$HOME_0123456789"), "no shell reads the words");
        Assert.That(config.Contact.Secret, Has.Length.EqualTo(40));
        Assert.That(config.Telemetry.Otlp.Headers["authorization"], Is.EqualTo(Secret));
        Assert.That(config.Sinks["hook"].Options["secret"].Text, Is.EqualTo(Secret));
    }

    [Test]
    public void A_headers_value_has_a_source_and_a_header_may_be_named_file()
    {
        using var scratch = new Scratch();
        scratch.Write("key", Secret);
        var (config, problems) = Load(scratch, """
            sinks:
              t: { type: typed, headers: { file: plain }, key: { command: [cat, key] }, hook: { file: key } }
              u: { type: typed, headers: { authorization: { file: key }, x-a: b } }
            stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]
            """);

        Assert.That(problems, Has.Length.EqualTo(1).And.One.Contain("sinks.t.hook").And.All.Not.Contain("hunter2"), "the secret is no URL");
        Assert.That(Load(scratch, """
            sinks: { u: { type: typed, headers: { authorization: { file: key }, x-a: b } } }
            stores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]
            """).Config!.Sinks["u"].Options["headers"].Map!["authorization"], Is.EqualTo(Secret));
        Assert.That(config, Is.Null);
    }

    [TestCase("{ file: nothing }", "file: the file cannot be read")]
    [TestCase("{ file: empty }", "file: the file is empty")]
    [TestCase("{ file: long }", "file: the file is longer than 64 KB")]
    [TestCase("{ file: [key] }", "file: expected the path of a file")]
    [TestCase("{ command: [nothing-of-this-name] }", "command: the command cannot be started")]
    [TestCase("{ command: [sh, -c, 'cat key; exit 3'] }", "command: the command ended with exit code 3")]
    [TestCase("{ command: ['true'] }", "command: the command's output is empty")]
    [TestCase("{ command: [cat, long] }", "command: the command's output is longer than 64 KB")]
    [TestCase("{ command: cat key }", "command: expected a list of the program and its arguments")]
    [TestCase("{ command: [] }", "command: expected a list of the program and its arguments")]
    [TestCase("{ file: key, command: [cat, key] }", "must be text, not a section of keys")]
    [TestCase("{ path: key }", "must be text, not a section of keys")]
    [TestCase("[ sk_hunter2-hunter2-hunter2 ]", "must be text, not a list")]
    public void A_source_that_gives_none_is_reported_where_it_stands(string source, string problem)
    {
        using var scratch = new Scratch();
        scratch.Write("key", Secret);
        scratch.Write("empty", "\n");
        scratch.Write("long", new string('x', 64 * 1024 + 1));
        var (_, problems) = Load(scratch, $"stores: [{{ id: s1, keys: [{{ key: {source}, kind: secret }}] }}]\n");

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.Match("^c.yaml:1:[0-9]+: error: stores\\[0\\]\\.keys\\[0\\]\\.key").And.Contain(problem));
        Assert.That(problems[0], Does.Not.Contain("hunter2"));
    }

    [TestCase("stores: [{ id: s1, keys: sk_hunter2 }]")]
    [TestCase("stores: [{ id: s1, keys: [sk_hunter2] }]")]
    [TestCase("telemetry: { otlp: { headers: hunter2 } }\nstores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]")]
    [TestCase("listen: { httpTls: hunter2 }\nstores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]")]
    [TestCase("listen: { metricsKey: 'hunter2 hunter2' }\nstores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]")]
    [TestCase("listen: { tcpKey: hunter2 }\nstores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]")]
    [TestCase("stores: [{ id: s1, keys: [{ key: sha256:hunter2, kind: secret }] }]")]
    [TestCase("contact: { secret: hunter2 }\nstores: [{ id: s1, keys: [{ key: sk_0123456789abcdef, kind: secret }] }]")]
    public void A_secret_in_the_wrong_place_is_not_shown(string yaml)
    {
        using var scratch = new Scratch();
        var (_, problems) = Load(scratch, yaml);

        Assert.That(problems, Is.Not.Empty);
        Assert.That(string.Concat(problems), Does.Not.Contain("hunter2"));
    }

    [Test]
    public void A_key_may_be_a_hash()
    {
        using var scratch = new Scratch();
        const string Hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        var (config, problems) = Load(scratch, $"listen: {{ tcpKey: abc }}\nstores: [{{ id: s1, keys: [{{ key: {Hash}, kind: secret }}] }}]\n");

        Assert.That(problems, Is.Empty, "tcpKey names the key that is configured by its hash");
        Assert.That(StoreCompiler.Compile(config!.Stores).FindKey("abc"), Is.Not.Null);
        Assert.That(Load(scratch, $"stores: [{{ id: s1, keys: [{{ key: {Hash}, kind: secret }}, {{ key: abc, kind: secret }}] }}]\n").Problems,
            Has.One.Contain("duplicate key"));
    }

    static (CartRecoveryConfig? Config, string[] Problems) Load(Scratch scratch, string yaml)
    {
        var path = scratch.Write("c.yaml", yaml);
        var result = ConfigLoader.Load(path, TestCatalog.Small, name => name == "NAME" ? "key" : null);
        return (result.Config, [.. result.Problems.Select(problem => (problem with { File = "c.yaml" }).ToString())]);
    }
}
