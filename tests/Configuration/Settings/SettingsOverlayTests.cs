using System.Text.Json;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Settings;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Configuration.Settings;

/// <summary>Changes of the settings over a file: what they do to it, and what they may not.</summary>
public sealed class SettingsOverlayTests
{
    const string File = ConfigFile.Store + """
        limits: { batch: 100, past: 12h }
        decisions:
          window: 2h
          exchangeRates: { USD: 1, EUR: 1.1 }
          campaigns:
            - { name: first, trigger: { idle: 30m }, action: { type: reminder }, channel: socket, message: "one" }
            - { name: second, trigger: { idle: 40m }, action: { type: reminder }, channel: socket, message: "two" }
        sinks:
          crm: { type: webhook, url: "https://crm.example/hook", secret: "${CRM_SECRET}", retries: 2 }
        """;

    [Test]
    public void A_change_takes_the_place_of_the_files_value_and_leaves_the_rest()
    {
        var config = Load("""{"limits":{"batch":7},"contact":{"holdout":10}}""");
        Assert.That((config.Limits.Batch, config.Limits.Past.ToString(), config.Contact.Holdout), Is.EqualTo((7, "12h", 10)));
    }

    [Test]
    public void Null_takes_a_key_out_so_that_its_default_applies() =>
        Assert.That(Load("""{"limits":{"batch":null}}""").Limits.Batch, Is.EqualTo(new LimitsConfig().Batch));

    [Test]
    public void Maps_are_merged_and_lists_are_replaced()
    {
        var config = Load("""{"decisions":{"exchangeRates":{"EUR":1.2,"GBP":1.3}}}""");
        Assert.That(config.Decisions.ExchangeRates, Is.EqualTo(new Dictionary<string, double> { ["USD"] = 1, ["EUR"] = 1.2, ["GBP"] = 1.3 }));
        config = Load("""{"decisions":{"campaigns":[{"name":"only","trigger":{"idle":"1h"},"action":{"type":"reminder"},"channel":"socket","message":"hi"}]}}""");
        Assert.That(config.Decisions.Campaigns.Select(campaign => campaign.Name), Is.EqualTo(new[] { "only" }));
    }

    [Test]
    public void Elements_of_named_lists_are_changed_added_and_removed_by_name()
    {
        var config = Load("""
            {"stores":{"s1":{"timezone":"Europe/Paris"}},
             "decisions":{"campaigns":{"first":{"message":"changed"},"second":null,"third":{"trigger":{"event":"view_cart"},"action":{"type":"reminder"},"channel":"socket","message":"3"}}}}
            """);
        Assert.That(config.Stores.Single().Timezone, Is.EqualTo("Europe/Paris"));
        Assert.That(config.Stores[0].Keys, Has.Count.EqualTo(2), "the keys stay the file's");
        Assert.That(config.Decisions.Campaigns.Select(campaign => (campaign.Name, campaign.Message)), Is.EqualTo(new[] { ("first", "changed"), ("third", "3") }));
    }

    [Test]
    public void A_sink_can_be_tuned_added_and_removed()
    {
        Assert.That(Load("""{"sinks":{"crm":{"retries":9}}}""").Sinks["crm"].Retries, Is.EqualTo(9));
        Assert.That(Load("""{"sinks":{"more":{"type":"console"}}}""").Sinks.Keys, Is.EqualTo(new[] { "crm", "more" }));
        Assert.That(Load("""{"sinks":{"crm":null}}""").Sinks, Is.Empty);
    }

    [Test]
    public void Problems_of_changes_name_their_paths_and_those_of_the_file_their_lines()
    {
        Assert.That(ProblemsOf("""{"limits":{"batch":0},"decisions":{"campaigns":{"first":{"channel":"crn"}}}}""").Select(problem => problem.ToString()), Is.EqualTo(new[]
        {
            "settings: limits.batch: error: limits.batch must be at least 1, not 0",
            "settings: decisions.campaigns.first.channel: error: unknown channel 'crn', did you mean 'crm'?",
        }));
        Assert.That(ProblemsOf("""{"limits":{"bacth":5}}""").Single().ToString(), Is.EqualTo("settings: limits.bacth: error: unknown key 'bacth' in limits, did you mean 'batch'?"));
        Assert.That(ProblemsOf("""{"limits":{"batch":7}}""", File.Replace("past: 12h", "past: soon", StringComparison.Ordinal)).Single().ToString(), Does.Match(@"^\S+:6:29: error: limits\.past must be"));
    }

    [TestCase("""{"memory":{"carts":"1GB"}}""", "memory.carts", "needs_restart")]
    [TestCase("""{"memory":null}""", "memory", "needs_restart")]
    [TestCase("""{"data":"/tmp"}""", "data", "needs_restart")]
    [TestCase("""{"listen":{"metricsKey":"0123456789abcdef"}}""", "listen", "pinned")]
    [TestCase("""{"control":{"auditRetention":"1d"}}""", "control", "pinned")]
    [TestCase("""{"secrets":{"vault":{"address":"https://evil.example"}}}""", "secrets", "pinned")]
    [TestCase("""{"settings":{"pinned":[]}}""", "settings", "pinned")]
    [TestCase("""{"contact":{"secret":"0123456789abcdef0123456789abcdef"}}""", "contact.secret", "pinned")]
    [TestCase("""{"contact":{"secret":{"command":["touch","MARK"]}}}""", "contact.secret", "pinned")]
    [TestCase("""{"contact":{"secret":null}}""", "contact.secret", "pinned")]
    [TestCase("""{"contact":null}""", "contact", "pinned")]
    [TestCase("""{"backup":null}""", "backup", "pinned")]
    [TestCase("""{"backup":{"to":"/tmp"}}""", "backup", "pinned")]
    [TestCase("""{"archive":{"to":"/tmp"}}""", "archive", "pinned")]
    [TestCase("""{"archive":null}""", "archive", "pinned")]
    [TestCase("""{"reconciliation":{"from":"/tmp"}}""", "reconciliation", "pinned")]
    [TestCase("""{"scoring":{"model":"/tmp/x.onnx"}}""", "scoring.model", "pinned")]
    [TestCase("""{"scoring":{"models":{"uplift":"/dev/zero"}}}""", "scoring.models", "pinned")]
    [TestCase("""{"scoring":{"models":{"uplift":null}}}""", "scoring.models", "pinned")]
    [TestCase("""{"scoring":null}""", "scoring", "pinned")]
    [TestCase("""{"stores":[]}""", "stores", "pinned")]
    [TestCase("""{"stores":{"s1":null}}""", "stores.s1", "pinned")]
    [TestCase("""{"stores":{"s2":{}}}""", "stores.s2", "pinned")]
    [TestCase("""{"stores":{"s1":{"id":"s2"}}}""", "stores.s1.id", "pinned")]
    [TestCase("""{"stores":{"s1":{"keys":[]}}}""", "stores.s1.keys", "pinned")]
    [TestCase("""{"stores":{"s1":{"userTokenSecret":"x"}}}""", "stores.s1.userTokenSecret", "pinned")]
    [TestCase("""{"decisions":{"exchangeRatesSource":{"url":"https://evil.example"}}}""", "decisions.exchangeRatesSource", "pinned")]
    [TestCase("""{"sinks":{"crm":{"url":"https://evil.example"}}}""", "sinks.crm.url", "pinned")]
    [TestCase("""{"sinks":{"crm":{"type":"console"}}}""", "sinks.crm.type", "pinned")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":"in the clear"}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":"${CRM_SECRET}"}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"command":["touch","MARK"]}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"file":"/run/secrets/../../etc/passwd"}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"file":"/run/secrets/${N:-..}/x"}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"file":"/run/secrets/${CRM_SECRET}"}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"file":"relative"}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":{"vault":"shop/../x#y"}}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"webhook","url":"https://x.example","secret":"${CRM_SECRET:-x}"}}}""", "sinks.own.secret", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"typed","ca":"/etc/passwd"}}}""", "sinks.own.ca", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"typed","ca":"/run/secrets/../x"}}}""", "sinks.own.ca", "secret_not_allowed")]
    [TestCase("""{"sinks":{"own":{"type":"typed","headers":{"a":"Bearer ${CRM_SECRET}"}}}}""", "sinks.own.headers.a", "secret_not_allowed")]
    [TestCase("""{"contact":{"publicUrl":"https://evil.example/${CRM_SECRET}"}}""", "contact.publicUrl", "secret_not_allowed")]
    [TestCase("""{"decisions":{"campaigns":{"first":{"message":"${CRM_SECRET}"}}}}""", "decisions.campaigns.first.message", "secret_not_allowed")]
    [TestCase("""{"decisions":{"window":"1h"}}""", "decisions.window", "pinned")]
    [TestCase("""{"decisions":{"campaigns":{"second":{"message":"x"}}}}""", "decisions.campaigns.second", "pinned")]
    [TestCase("""{"decisions":{"campaigns":{"second":null}}}""", "decisions.campaigns.second", "pinned")]
    [TestCase("""{"decisions":{"campaigns":[]}}""", "decisions.campaigns", "pinned")]
    [TestCase("""{"decisions":null}""", "decisions", "pinned")]
    public void What_belongs_to_the_file_is_refused_before_anything_is_read(string overlay, string path, string code)
    {
        var mark = Path.Combine(Path.GetTempPath(), $"mark-{Guid.NewGuid():n}");
        const string Pins = "\nsettings: { pinned: [decisions.window, decisions.campaigns.second], references: [/run/secrets/*] }\n";
        var problems = ProblemsOf(overlay.Replace("MARK", mark, StringComparison.Ordinal), File + Pins);
        Assert.That(problems.Select(problem => (problem.Setting, problem.Code)), Is.EqualTo(new[] { (path, code) }));
        Assert.That(mark, Does.Not.Exist, "no command runs");
    }

    [Test]
    public void A_new_sink_may_name_the_secrets_that_the_file_lists()
    {
        var config = Load("""{"sinks":{"own":{"type":"webhook","url":"https://x.example/h","secret":"${OWN_SECRET}"}}}""", File + "\nsettings: { references: [OWN_*] }\n");
        Assert.That(config.Sinks["own"].Options["secret"].Text, Is.EqualTo("from the environment"));
        Assert.That(SettingsView.Of(config, TestCatalog.Small)["sinks"]!["own"]!["secret"]!.ToString(), Is.EqualTo("***"));
    }

    [Test]
    public void A_new_sink_may_name_the_files_that_the_file_lists() =>
        Assert.That(Load("""{"sinks":{"own":{"type":"typed","ca":"/run/certs/ca.pem"}}}""", File + "\nsettings: { references: [/run/certs/*] }\n").Sinks["own"].Options["ca"].Text,
            Is.EqualTo("/run/certs/ca.pem"));

    [Test]
    public void A_pinned_path_that_is_none_is_reported() =>
        Assert.That(ConfigFile.ProblemsOf("settings: { pinned: [limits.bacth] }"), Is.EqualTo(new[] { "c.yaml:6:21: error: settings.pinned: unknown key 'bacth' in limits, did you mean 'batch'?" }));

    [Test]
    public void The_view_has_defaults_and_no_secret()
    {
        var shown = SettingsView.Of(Load("""{"limits":{"batch":7}}"""), TestCatalog.Small);
        Assert.That(shown["limits"]!["batch"]!.GetValue<int>(), Is.EqualTo(7));
        Assert.That(shown["limits"]!["future"]!.ToString(), Is.EqualTo("5m"), "a default");
        Assert.That(shown["stores"]![0]!["keys"]![1]!["key"]!.ToString(), Is.EqualTo("***"));
        Assert.That(shown.ToJsonString(), Does.Not.Contain("sk_0123456789abcdef").And.Not.Contain("secret of the shop"));
    }

    [Test]
    public void The_view_shows_variables_as_they_are_written_and_no_passwords_of_addresses()
    {
        var config = Load("{}", File + "\ncontact: { publicUrl: \"https://x.example/${PLACE}\" }\n");
        config.Stores[0].CartUrl = "https://user:hidden@shop.example/cart";
        var shown = SettingsView.Of(config, TestCatalog.Small);
        Assert.That((shown["contact"]!["publicUrl"]!.ToString(), shown["stores"]![0]!["cartUrl"]!.ToString()),
            Is.EqualTo(("https://x.example/${PLACE}", "https://***@shop.example/cart")));
    }

    [Test]
    public void Changes_are_set_merged_and_taken_back()
    {
        var overlay = SettingsOverlay.Empty.With(["limits", "batch"], 5).Merged(["limits"], SettingsOverlay.ParseValue("""{"past":"1h","batch":null}"""));
        Assert.That(overlay.Json, Is.EqualTo("""{"limits":{"batch":null,"past":"1h"}}"""));
        Assert.That(overlay.Without(["limits", "past"]).Json, Is.EqualTo("""{"limits":{"batch":null}}"""));
        Assert.That(overlay.Without(["limits", "past"]).Without(["limits", "batch"]).IsEmpty, "empty sections go");
        Assert.That(overlay.Without(["contact", "holdout"]).Json, Is.EqualTo(overlay.Json), "what was not changed");
        Assert.That(() => SettingsOverlay.Empty.With(["limits"], 5).With(["limits", "batch"], 6), Throws.TypeOf<SettingsException>());
        var list = SettingsOverlay.Empty.With(["decisions", "campaigns"], SettingsOverlay.ParseValue("""[{"name":"a","message":"x"}]"""));
        Assert.That(list.With(["decisions", "campaigns", "a", "message"], "y").Json, Is.EqualTo("""{"decisions":{"campaigns":[{"name":"a","message":"y"}]}}"""));
    }

    [Test]
    public void Changes_have_a_largest_size_and_depth_and_each_key_once()
    {
        Assert.That(() => SettingsOverlay.Empty.With(["x"], new string('x', SettingsOverlay.MaxSize)),
            Throws.TypeOf<SettingsException>().With.Property(nameof(SettingsException.Code)).EqualTo("settings_too_large"));
        Assert.That(() => SettingsOverlay.ParseValue("""{"a":1,"a":2}"""), Throws.InstanceOf<JsonException>());
        Assert.That(() => SettingsOverlay.ParseValue(new string('[', 40) + new string(']', 40)), Throws.InstanceOf<JsonException>());
    }

    [Test]
    public void Differences_go_by_key_and_by_the_names_of_elements()
    {
        var changes = SettingsChange.Between(SettingsView.Of(Load("{}"), TestCatalog.Small),
            SettingsView.Of(Load("""{"limits":{"batch":7},"decisions":{"campaigns":{"first":{"message":"new"}}}}"""), TestCatalog.Small));
        Assert.That(changes.Select(change => (change.Path, change.From!.ToString(), change.To!.ToString())),
            Is.EqualTo(new[] { ("limits.batch", "100", "7"), ("decisions.campaigns.first.message", "one", "new") }));
    }

    [Test]
    public void The_export_is_YAML_that_does_what_the_changes_do()
    {
        var overlay = SettingsOverlay.Parse("""{"limits":{"batch":7,"past":null},"decisions":{"campaigns":{"first":{"message":"say \"hi\": # now"}}}}""");
        var text = SettingsYaml.Write(overlay, SettingsView.Of(Load(overlay.Json), TestCatalog.Small, isWritten: true));
        Assert.That(text, Does.Contain("# Remove limits.past.\n"));
        var (config, problems) = ConfigFile.Load(ConfigFile.Store + text);
        Assert.That(problems, Is.Empty, text);
        Assert.That((config!.Limits.Batch, config.Decisions.Campaigns[0].Message, config.Decisions.Campaigns[1].Name), Is.EqualTo((7, "say \"hi\": # now", "second")));
    }

    static CartRecoveryConfig Load(string overlay, string file = File)
    {
        var result = Parse(overlay, file);
        Assert.That(result.Problems, Is.Empty);
        return result.Config!;
    }

    static IReadOnlyList<ConfigProblem> ProblemsOf(string overlay, string file = File) => Parse(overlay, file).Problems;

    static ConfigResult Parse(string overlay, string file)
    {
        using var scratch = new Scratch();
        return ConfigLoader.Load(scratch.Write("c.yaml", file), TestCatalog.Small,
            name => name == "CRM_SECRET" ? "secret of the shop" : name == "OWN_SECRET" ? "from the environment" : name == "PLACE" ? "hidden" : null, SettingsOverlay.Parse(overlay));
    }
}
