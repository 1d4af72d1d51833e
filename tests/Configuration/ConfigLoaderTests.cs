using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Keys;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration;

public class ConfigLoaderTests
{
    [Test]
    public void Three_errors_are_reported_at_once_with_their_positions()
    {
        var (config, problems) = ConfigFile.Load("""
            listen:
              htpp: 127.0.0.1:9000
              idleTimeout: soon
            stores:
              - id: s1
                keys: [{ key: pk_1, kind: public }]
            """);

        Assert.That(config, Is.Null);
        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:2:3: error: unknown key 'htpp' in listen, did you mean 'http'?",
            "c.yaml:3:16: error: listen.idleTimeout must be a duration like 250ms, 5s, 30m, 24h or 7d, not 'soon'",
            "c.yaml:6:31: error: stores[0].keys[0].kind must be publishable or secret, not 'public'",
        }));
    }

    [TestCase("")]
    [TestCase("# nothing yet\n")]
    [TestCase("---\n")]
    public void An_empty_document_reports_missing_stores_with_an_example(string yaml)
    {
        var (_, problems) = ConfigFile.Load(yaml);

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.StartWith("c.yaml:1:1: error: missing key 'stores': "));
        Assert.That(problems[0], Does.Contain("stores: [{ id: demo, keys: [{ key: pk_demo, kind: publishable, loopbackOnly: true }] }]"));
    }

    [Test]
    public void The_example_in_the_missing_stores_error_is_valid()
    {
        var suggestion = ConfigFile.Load("").Problems[0].Split("For example: ")[1];

        Assert.That(ConfigFile.Load(suggestion).Problems, Is.Empty);
    }

    [Test]
    public void A_configuration_of_one_store_uses_the_defaults_otherwise()
    {
        var (config, problems) = ConfigFile.Load(ConfigFile.Store);

        Assert.That(problems, Is.Empty);
        Assert.That(config!.Listen.Http.ToString(), Is.EqualTo("127.0.0.1:8080"));
        Assert.That(config.Limits.Past.Value, Is.EqualTo(TimeSpan.FromHours(24)));
        Assert.That(config.Memory.Carts.Bytes, Is.EqualTo(1L << 30));
        Assert.That(config.Stores[0].Keys[1].Kind, Is.EqualTo(KeyKind.Secret));
    }

    [TestCase("limits:\n", TestName = "An_empty_section_is_the_default")]
    [TestCase("sinks:\n")]
    [TestCase("decisions: { campaigns: }\n")]
    [TestCase("listen: { tcpKey: }\n")]
    [TestCase("listen: { tcpKey: null }\n")]
    public void An_optional_key_may_be_empty(string yaml) => Assert.That(ConfigFile.ProblemsOf(yaml), Is.Empty);

    [TestCase("partitions:\n", "6:12: error: partitions has no value: ")]
    [TestCase("partitions: many\n", "6:13: error: partitions must be a whole number, not 'many'")]
    [TestCase("partitions: 1.5\n", "6:13: error: partitions must be a whole number, not '1.5'")]
    [TestCase("partitions: -1\n", "6:13: error: partitions must be at least 0, not -1")]
    [TestCase("partitions: 257\n", "6:13: error: partitions must be at most 256, not 257")]
    [TestCase("partitions: [1]\n", "6:13: error: partitions must be a whole number, not a list")]
    [TestCase("listen: here\n", "6:9: error: listen must be a section of keys, not 'here'")]
    [TestCase("listen: [here]\n", "6:9: error: listen must be a section of keys, not a list")]
    [TestCase("sinks: [a]\n", "6:8: error: sinks must be a map from names to sections, not a list")]
    [TestCase("decisions: { campaigns: x }\n", "6:25: error: decisions.campaigns must be a list, not 'x'")]
    [TestCase("data: { folder: x }\n", "6:7: error: data must be text, not a section of keys")]
    [TestCase("limits: { event: 32kb }\n", "6:18: error: limits.event must be a size like 32KB, 512MB or 1GB, not '32kb'")]
    [TestCase("limits: { event: 1B }\n", "6:18: error: limits.event must be at least 256B, not 1B")]
    [TestCase("scoring: { maxAge: 1m }\n", "6:20: error: scoring.maxAge must be at most 1s, not 1m")]
    [TestCase("log: { level: informaton }\n",
        "6:15: error: log.level must be trace or debug or information or warning or error, not 'informaton', did you mean 'information'?")]
    [TestCase("Limits: { batch: 5 }\n", "6:1: error: unknown key 'Limits', did you mean 'limits'?")]
    [TestCase("folder: x\n", "6:1: error: unknown key 'folder'")]
    [TestCase("log: { zzz: 5 }\n", "6:8: error: unknown key 'zzz' in log; known: level, format")]
    public void An_invalid_value_is_reported(string yaml, string expected)
    {
        var problems = ConfigFile.ProblemsOf(yaml);

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.StartWith("c.yaml:" + expected));
    }

    [Test]
    public void A_misspelt_required_key_is_reported_once()
    {
        Assert.That(ConfigFile.Load("storse: []\n").Problems, Is.EqualTo(new[]
        {
            "c.yaml:1:1: error: unknown key 'storse', did you mean 'stores'?",
        }));
    }

    [Test]
    public void Every_duplicate_key_is_reported_and_parsing_continues()
    {
        Assert.That(ConfigFile.ProblemsOf("data: a\nlog:\n  level: debug\n  level: error\ndata: b\npartitions: x\n"), Is.EqualTo(new[]
        {
            "c.yaml:9:3: error: duplicate key 'level', first defined on line 8",
            "c.yaml:10:1: error: duplicate key 'data', first defined on line 6",
            "c.yaml:11:13: error: partitions must be a whole number, not 'x'",
        }));
    }

    [TestCase("stores: [\n", 2, 1)]
    [TestCase("a: b\n c: d\n", 2, 3)]
    [TestCase("listen:\n\thttp: x\n", 2, 1)]
    [TestCase("a: \"b\n", 1, 4)]
    public void Invalid_YAML_is_reported_with_its_position(string yaml, int line, int column)
    {
        var (_, problems) = ConfigFile.Load(yaml);

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.StartWith($"c.yaml:{line}:{column}: error: this is not valid YAML: "));
    }

    [TestCase("just text\n", "1:1: error: the configuration must be a section of keys, not 'just text'")]
    [TestCase("a: 1\n---\nb: 2\n", "2:1: error: the file must contain a single YAML document")]
    [TestCase("stores: *s\n", "1:9: error: there is no anchor '&s' before this")]
    [TestCase("[a]: 1\n", "1:1: error: a key must be text, not a list or a map")]
    public void YAML_that_is_not_a_configuration_is_reported(string yaml, string expected)
    {
        Assert.That(ConfigFile.Load(yaml).Problems, Does.Contain("c.yaml:" + expected));
    }

    [Test]
    public void An_anchor_is_expanded()
    {
        var (config, problems) = ConfigFile.Load("""
            stores:
              - { id: a, keys: [{ key: k1, kind: publishable, origins: &pages ["https://a.example"] }] }
              - { id: b, keys: [{ key: k2, kind: publishable, origins: *pages }] }
            """);

        Assert.That(problems, Is.Empty);
        Assert.That(config!.Stores[1].Keys[0].Origins.Single().ToString(), Is.EqualTo("https://a.example"));
    }

    [Test]
    public void Missing_and_unreadable_files_are_reported_without_exceptions()
    {
        var folder = Path.GetTempPath();

        foreach (var path in new[] { Path.Combine(folder, "there-is-no-such.yaml"), folder, "", "a\0b" })
        {
            var result = ConfigLoader.Load(path, TestCatalog.Small);
            Assert.That(result.Config, Is.Null, path);
            Assert.That(result.Problems.Single().ToString(), Does.StartWith($"{path}:1:1: error: the file cannot be read: "));
        }
    }

    [Test]
    public void A_huge_file_is_rejected_before_it_is_read()
    {
        Assert.That(ConfigFile.Load(new string('#', (1 << 20) + 1)).Problems, Is.EqualTo(new[]
        {
            "c.yaml:1:1: error: the file must be at most 1 MB",
        }));
    }

    [Test]
    public void Deep_nesting_is_reported()
    {
        var deep = new string('[', 100_000) + new string(']', 100_000);

        Assert.That(ConfigFile.Load("data: " + deep).Problems, Is.EqualTo(new[]
        {
            "c.yaml:1:39: error: this is nested more than 32 levels deep",
        }));
    }

    [Test]
    public void A_damaged_file_never_makes_loading_throw()
    {
        var random = new Random(7);
        var text = File.ReadAllText(Path.Combine(Repository.Root, "config", "cartrecovery.yaml"));
        const string Noise = "{}[]:,-#&*!|>'\"%@`?\t\n ${}~0aZ\u00e9\0";
        for (var round = 0; round < 400; round++)
        {
            var damaged = text.ToCharArray();
            for (var i = random.Next(1, 6); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = Noise[random.Next(Noise.Length)];
            }

            var cut = round % 4 == 0 ? random.Next(damaged.Length) : damaged.Length;
            Assert.That(() => ConfigFile.Load(new string(damaged, 0, cut)), Throws.Nothing, $"round {round}");
        }
    }
}
