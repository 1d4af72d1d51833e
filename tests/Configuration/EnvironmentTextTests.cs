using CartRecovery.Engine.Configuration;

namespace CartRecovery.Tests.Configuration;

public class EnvironmentTextTests
{
    [Test]
    public void Variables_fill_values_of_every_type()
    {
        var (config, problems) = ConfigFile.Load("""
            partitions: ${PARTS}
            listen: { http: "${HOST}:${PORT:-9000}", tcpKey: "${KEY}" }
            log: { level: "${LEVEL:-error}" }
            stores: [{ id: s1, keys: [{ key: "${KEY}", kind: secret }] }]
            sinks: { hook: { type: webhook, url: "${URL}", secret: "a${KEY}z" } }
            """, ("PARTS", "4"), ("HOST", "127.0.0.1"), ("KEY", "sk_live_0123456789"), ("URL", "https://a.example/${PARTS}: {x}"));

        Assert.That(problems, Is.Empty);
        Assert.That(config!.Partitions, Is.EqualTo(4));
        Assert.That(config.Listen.Http.ToString(), Is.EqualTo("127.0.0.1:9000"));
        Assert.That(config.Log.Level, Is.EqualTo(LogThreshold.Error));
        Assert.That(config.Stores[0].Keys[0].Key, Is.EqualTo("sk_live_0123456789"));
        Assert.That(config.Sinks["hook"].Options["secret"].Text, Is.EqualTo("ask_live_0123456789z"));
        // A variable's value is text: it is neither parsed as YAML nor expanded again.
        Assert.That(config.Sinks["hook"].Options["url"].Text, Is.EqualTo("https://a.example/${PARTS}: {x}"));
    }

    [Test]
    public void Each_unset_variable_is_reported()
    {
        Assert.That(ConfigFile.ProblemsOf("data: ${A}/${B}\nsinks: { f: { type: file, path: \"${C}\" } }\n"), Is.EquivalentTo(new[]
        {
            "c.yaml:6:7: error: the environment variable A is not set; set it, or write ${A:-default}",
            "c.yaml:6:7: error: the environment variable B is not set; set it, or write ${B:-default}",
            "c.yaml:7:33: error: the environment variable C is not set; set it, or write ${C:-default}",
        }));
    }

    [Test]
    public void A_key_from_an_unset_variable_is_reported_only_once()
    {
        var (_, problems) = ConfigFile.Load("""
            listen: { tcpKey: sk_0123456789abcdef }
            stores: [{ id: s1, keys: [{ key: "${KEY}", kind: secret }] }]
            """);

        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:2:34: error: the environment variable KEY is not set; set it, or write ${KEY:-default}",
        }));
    }

    [Test]
    public void Messages_show_the_variables_name_and_not_its_value()
    {
        var problems = ConfigFile.ProblemsOf("partitions: ${SECRET}\nlisten: { tcpKey: \"${SECRET}\" }\n", ("SECRET", "hunter2"));

        Assert.That(problems, Has.Length.EqualTo(2));
        Assert.That(problems[0], Does.EndWith("partitions must be a whole number, not '${SECRET}'"));
        Assert.That(string.Concat(problems), Does.Not.Contain("hunter2"));
    }

    [Test]
    public void Template_variables_are_kept_and_malformed_environment_variables_are_reported()
    {
        const string Campaign = "decisions: { campaigns: [{ name: n, trigger: { event: purchase }, action: { type: reminder }, "
            + "channel: socket, message: \"$(price) $5 ${{cart_value}} ?\" }] }\n";

        Assert.That(ConfigFile.ProblemsOf(Campaign), Is.Empty);
        Assert.That(ConfigFile.ProblemsOf(Campaign.Replace("?", "${9}", StringComparison.Ordinal)), Has.One.EndsWith(
            "'${' must begin an environment variable: ${NAME} or ${NAME:-default}"));
    }
}
