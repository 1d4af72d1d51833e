using CartRecovery.Contracts;

namespace CartRecovery.Tests.Configuration;

public class ConfigCheckTests
{
    [Test]
    public void Duplicate_stores_and_keys_are_reported_without_the_key()
    {
        var (_, problems) = ConfigFile.Load("""
            stores:
              - id: s1
                keys: [{ key: sk_hidden_0123456789, kind: secret }]
              - id: s1
                keys: [{ key: sk_hidden_0123456789, kind: secret }]
              - id: s2
                keys: []
            """);

        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:4:9: error: duplicate store 's1', first defined on line 2",
            "c.yaml:5:19: error: duplicate key: it is also a key of store 's1'",
            "c.yaml:7:11: error: stores[2].keys must have at least 1 entry. For example: keys: [{ key: sk_demo, kind: secret }]",
        }));
    }

    [TestCase("id: 's 1'", "a store's id must be 1 to 64 bytes without spaces")]
    [TestCase("id: ''", "a store's id must be 1 to 64 bytes without spaces")]
    [TestCase("id: ééééééééééééééééééééééééééééééééé", "a store's id must be 1 to 64 bytes without spaces")]
    [TestCase("id: s1, currency: usd", "currency: expected an ISO 4217 code, got 'usd', did you mean 'USD'?")]
    [TestCase("id: s1, timezone: Europe/Amsterdm", "unknown time zone 'Europe/Amsterdm', did you mean 'Europe/Amsterdam'?")]
    [TestCase("id: s1, timezone: Qqqqqqqqqq/Xxxxx", "unknown time zone 'Qqqqqqqqqq/Xxxxx'; use an IANA name like Europe/Amsterdam")]
    public void An_invalid_store_is_reported(string store, string expected)
    {
        var (_, problems) = ConfigFile.Load($"stores: [{{ {store}, keys: [{{ key: sk_0123456789abcdef, kind: secret }}] }}]\n");

        Assert.That(problems, Has.One.EndsWith("error: " + expected));
    }

    [TestCase("key: 'a b', kind: secret", "a key must be at most 128 printable ASCII characters without spaces")]
    [TestCase("key: '', kind: secret", "a key must not be empty")]
    [TestCase("key: short, kind: secret", "a secret key must have at least 16 characters, because it can be guessed; make one with: cartrecovery keys new")]
    [TestCase("key: k, kind: publishable, origins: ['https://a.example/']", "stores[0].keys[0].origins[0] must be an origin like "
        + "https://shop.example or http://localhost:* (no path, no slash at the end), or *, not 'https://a.example/'")]
    public void An_invalid_key_is_reported(string key, string expected)
    {
        var (_, problems) = ConfigFile.Load($"stores: [{{ id: s1, keys: [{{ {key} }}] }}]\n");

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.EndWith("error: " + expected));
    }

    [TestCase("listen: { admin: '127.0.0.1:8080' }", "listen.admin and listen.http are both 127.0.0.1:8080; change one of the ports")]
    [TestCase("listen: { trustedProxies: [127.0.0.1, 10.0.0.0/8, proxy.example] }", "listen.trustedProxies[2] must be an IP address or a network, like 127.0.0.1, "
        + "10.0.0.0/8 or 2001:db8::/32, not 'proxy.example'")]
    [TestCase("listen: { metricsKey: '' }", "a key must be 1 to 128 printable ASCII characters without spaces")]
    [TestCase("listen: { metricsKey: short }", "a secret key must have at least 16 characters, because it can be guessed; make one with: cartrecovery keys new")]
    [TestCase("listen: { metricsKey: 'sha256:12' }", "a hashed key must be sha256: and 64 hexadecimal digits, as printed by: cartrecovery keys hash")]
    [TestCase("listen: { tcpKey: sk_2 }", "listen.tcpKey must be one of stores[].keys[].key, or be omitted")]
    [TestCase("listen: { stream: 127.0.0.1:8080 }", "listen.http and listen.stream are both 127.0.0.1:8080; change one of the ports")]
    [TestCase("telemetry: { otlp: { endpoint: 'collector:4317' } }", "telemetry.otlp.endpoint must be an address like http://127.0.0.1:4318, not 'collector:4317'")]
    [TestCase("telemetry: { otlp: { headers: { 'a b': c } } }", "a header's name must be printable ASCII characters without spaces, ':', '=' and ','")]
    [TestCase("telemetry: { otlp: { headers: { a: 'b,c' } } }", "the value of header 'a' must be printable ASCII characters without ','")]
    [TestCase("listen: { heartbeat: 5m }", "listen.heartbeat (5m) must be shorter than listen.idleTimeout (5m)")]
    [TestCase("limits: { message: 16KB }", "limits.message (16KB) must not be smaller than limits.event (32KB)")]
    [TestCase("memory: { limit: 1GB }", "memory.limit (1GB) must be at least memory.carts plus memory.customers (1152MB)")]
    [TestCase("memory: { cartLifetime: 36h }\ndecisions: { campaigns: [{ name: late, trigger: { idle: 37h }, action: { type: reminder }, channel: socket, message: m }] }",
        "the campaign would never start: idle (37h) must be shorter than memory.cartLifetime (36h)")]
    [TestCase("data: ''", "data must name a folder")]
    [TestCase("scoring: { model: '' }", "scoring.model must name a file")]
    public void Contradicting_values_are_reported(string yaml, string expected)
    {
        var problems = ConfigFile.ProblemsOf(yaml);

        Assert.That(problems, Has.Length.EqualTo(1));
        Assert.That(problems[0], Does.EndWith("error: " + expected));
    }

    [TestCase("key: short, kind: secret, loopbackOnly: true", TestName = "A key for this machine alone may be short")]
    [TestCase("key: short, kind: publishable", TestName = "A key that anyone can read may be short")]
    public void A_short_key_that_nobody_elsewhere_can_use_is_allowed(string key) =>
        Assert.That(ConfigFile.Load($"stores: [{{ id: s1, keys: [{{ {key} }}] }}]\n").Problems, Is.Empty);

    [TestCase("listen: { heartbeat: 10m, idleTimeout: x }")]
    [TestCase("limits: { message: 16KB, event: x }")]
    [TestCase("memory: { limit: 1GB, carts: x }")]
    public void An_unreadable_value_is_not_validated_by_its_default(string yaml) =>
        Assert.That(ConfigFile.ProblemsOf(yaml), Has.Length.EqualTo(1));

    [TestCase(
        "action: { type: reminder }, channel: post, message: m",
        "an e-mail needs a subject, which a single message lacks; use steps or a template")]
    [TestCase("steps: [{ action: { type: reminder }, channel: post, message: m }]", "an e-mail step needs a subject")]
    [TestCase(
        "variants: [{ name: a, steps: [{ action: { type: reminder }, channel: post, message: m }] }, { name: b }]",
        "an e-mail step needs a subject")]
    [TestCase("action: { type: reminder }, channel: post, template: left", null)]
    [TestCase("action: { type: reminder }, channel: socket, message: m", null)]
    public void An_email_needs_a_subject_in_every_form_of_a_campaign(string form, string? problem) => Assert.That(
        ConfigFile.ProblemsOf($$"""
            sinks: { post: { type: mail } }
            decisions: { campaigns: [{ name: c, trigger: { idle: 1m }, {{form}} }] }
            """),
        problem is null ? Is.Empty : Has.Some.EndsWith(problem));

    [Test]
    public void A_cart_page_needs_a_host_that_can_be_one() => Assert.That(
        ConfigFile.Load("""
            stores: [{ id: s1, cartUrl: "https://m\u00fcl\u00adler.example/cart", keys: [{ key: pk_1, kind: publishable }] }]
            """).Problems,
        Has.Some.EndsWith("cartUrl must be an absolute http or https address"));

    [Test]
    public void Port_0_may_be_used_twice() =>
        Assert.That(ConfigFile.ProblemsOf("listen: { http: 127.0.0.1:0, stream: 127.0.0.1:0 }"), Is.Empty);

    [TestCase("stores: [us]", "'links.cart' has no value in the store 'eu', which has no cartUrl", false)]
    [TestCase("stores: [eu]", "'links.cart' has no value in the store 'eu', which has no cartUrl", true)]
    [TestCase("stores: [us, eu]", "'links.cart' has no value in the store 'eu', which has no cartUrl", true)]
    [TestCase("reentry: 1h", "'links.cart' has no value in the store 'eu', which has no cartUrl", true)]
    public void A_campaign_needs_the_cart_page_of_its_own_stores_alone(string stores, string problem, bool isReported)
    {
        string[] messages =
        [
            "action: { type: reminder }, channel: socket, message: '{{ links.cart }}'",
            "steps: [{ action: { type: reminder }, channel: socket, message: '{{ links.cart }}' }]",
            "variants: [{ name: a, steps: [{ action: { type: reminder }, channel: socket, message: '{{ links.cart }}' }] }, { name: b }]",
        ];
        foreach (var message in messages)
        {
            var (_, problems) = ConfigFile.Load($$"""
                stores:
                  - { id: us, cartUrl: "https://us.example/cart", keys: [{ key: pk_1, kind: publishable }] }
                  - { id: eu, keys: [{ key: pk_2, kind: publishable }] }
                contact: { publicUrl: "https://r.example" }
                decisions: { campaigns: [{ name: a, trigger: { idle: 30m }, {{stores}}, {{message}} }] }
                """);

            Assert.That(problems, isReported ? Has.One.EndsWith(problem) : Is.Empty, message);
        }
    }

    [Test]
    public void Every_error_in_a_step_is_reported() =>
        Assert.That(ConfigFile.ProblemsOf("""
            decisions:
              campaigns:
                - name: series
                  trigger: { idle: 30m }
                  steps:
                    - { channel: socket, message: m }
                    - { channel: socket, message: m, action: { type: reminder }, when: [{ feature: item_count }] }
            """), Is.EqualTo(new[]
        {
            "c.yaml:11:11: error: a step needs either an action or choices",
            "c.yaml:12:77: error: a condition needs a comparison: above, atLeast, below, atMost, equals",
        }));

    [Test]
    public void Every_error_in_a_campaign_is_reported()
    {
        var problems = ConfigFile.ProblemsOf("""
            decisions:
              campaigns:
                - name: first
                  trigger: { idle: 30m, event: purchase }
                  when:
                    - { feature: item_cuont, atLeast: 1 }
                    - { feature: item_count }
                  action: { type: discount }
                  channel: sokcet
                  message: "{{item_cnt}} and {{ currency }}"
                - name: first
                  trigger: { event: purchse }
                  action: { type: reminder, percent: 5 }
                  channel: socket
                  message: "{{item_count"
                - trigger: { score: { above: 0.7, below: 0.2 } }
                  action: { type: discount, percent: 0 }
                  channel: socket
                  message: ""
                - { name: n, trigger: { }, action: { type: offer }, channel: socket, message: m }
                - { name: m, trigger: { score: { } }, action: { type: urgency }, channel: socket, message: m }
            """);

        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:9:16: error: a trigger needs exactly one of idle, event and score",
            "c.yaml:11:22: error: unknown feature 'item_cuont' in decisions.campaigns[0].when[0].feature, did you mean 'item_count'?",
            "c.yaml:12:11: error: a condition needs a comparison: above, atLeast, below, atMost, equals",
            "c.yaml:13:15: error: a discount needs percent",
            "c.yaml:14:16: error: unknown channel 'sokcet', did you mean 'socket'?",
            "c.yaml:15:19: error: unknown variable 'item_cnt', did you mean 'cart.item_count'?",
            "c.yaml:16:13: error: duplicate campaign 'first', first defined on line 8",
            "c.yaml:17:25: error: unknown event type 'purchse' in decisions.campaigns[1].trigger.event, did you mean 'purchase'?",
            "c.yaml:18:42: error: percent is only allowed with a discount",
            "c.yaml:20:17: error: '{{' without '}}'",
            "c.yaml:21:7: error: missing key 'name' in decisions.campaigns[2]: The campaign's name in interventions and metrics: "
                + "at most 64 bytes, no spaces. For example: name: checkout-left",
            "c.yaml:21:34: error: no score can be above 0.7 and below 0.2",
            "c.yaml:22:42: error: decisions.campaigns[2].action.percent must be above 0, not 0",
            "c.yaml:25:27: error: a trigger needs exactly one of idle, event and score",
            "c.yaml:25:48: error: decisions.campaigns[3].action.type must be reminder or discount or urgency, not 'offer'",
            "c.yaml:26:36: error: a score trigger needs above, below or both",
        }));
    }

    [Test]
    public void A_channel_may_name_a_sink_with_errors()
    {
        const string Campaigns = "decisions: { campaigns: [{ name: n, trigger: { idle: 1m }, action: { type: reminder }, "
            + "channel: crm, message: m }] }\n";

        Assert.That(ConfigFile.ProblemsOf(Campaigns), Has.One.EndsWith("error: unknown channel 'crm'; known: socket"));
        Assert.That(ConfigFile.ProblemsOf(Campaigns + "sinks: { crm: { type: console } }"), Is.Empty);
        Assert.That(ConfigFile.ProblemsOf(Campaigns + "sinks: { crm: [] }"), Has.Length.EqualTo(1));
    }

    [Test]
    public void Every_error_in_a_sink_is_reported()
    {
        var problems = ConfigFile.ProblemsOf("""
            sinks:
              a: { type: webhok }
              b: { type: webhook, ulr: "https://b.example", secret: [x], reties: 3 }
              c: { type: file, retries: -1 }
              d: { path: x }
              socket: { type: console }
              e: { type: webhook, url: , secret: s }
            """);

        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:7:14: error: unknown sink type 'webhok' in sinks.a.type, did you mean 'webhook'?",
            "c.yaml:8:23: error: unknown key 'ulr' in sinks.b, a webhook sink, did you mean 'url'?",
            "c.yaml:8:57: error: sinks.b.secret: expected a text that is not empty, got a list",
            "c.yaml:8:62: error: unknown key 'reties' in sinks.b, a webhook sink, did you mean 'retries'?",
            "c.yaml:9:6: error: missing key 'path' in sinks.c, a file sink: The file.",
            "c.yaml:9:29: error: sinks.c.retries must be at least 0, not -1",
            "c.yaml:10:6: error: missing key 'type' in sinks.d: The type of sink. For example: type: console",
            "c.yaml:11:3: error: a sink must not be named 'socket', which is the shopper's own connection",
            "c.yaml:12:6: error: missing key 'url' in sinks.e, a webhook sink: Where to post.",
        }));
    }

    [Test]
    public void A_value_of_the_wrong_type_is_quoted_unless_it_is_secret()
    {
        var problems = ConfigFile.ProblemsOf("""
            sinks:
              mail: { type: typed, port: abc, share: 2, every: soon, quiet: maybe, tls: startls }
              b: { type: typed, port: "${PORT}", url: "ftp://x", command: 'a "b', headers: { X-Key: "a\tsecret" } }
              c: { type: typed, key: [sesame], command: [a, [b]], headers: { X: {} }, port: { a: 1 } }
              d: { type: typed, key: "", hook: "http://sesame.example", headers: sesame }
              fine: { type: typed, port: 25, share: 0.5, every: 5s, quiet: true, tls: none, url: "http://x", command: [a, "b c"], headers: { X-Key: k } }
              f: { type: typed, url: "http://user:sesame@x.example/" }
            """, ("PORT", "sesame"));

        Assert.That(problems, Is.EqualTo(new[]
        {
            "c.yaml:7:30: error: sinks.mail.port: expected a whole number from 1 to 65535, got \"abc\"",
            "c.yaml:7:42: error: sinks.mail.share: expected a number from 0 to 1, got \"2\"",
            "c.yaml:7:52: error: sinks.mail.every: expected a duration from 1s to 5m, got \"soon\"",
            "c.yaml:7:65: error: sinks.mail.quiet: expected true or false, got \"maybe\"",
            "c.yaml:7:77: error: sinks.mail.tls: expected starttls or none, got \"startls\", did you mean 'starttls'?",
            "c.yaml:8:27: error: sinks.b.port: expected a whole number from 1 to 65535, got \"${PORT}\"",
            "c.yaml:8:43: error: sinks.b.url: expected an absolute http or https URL without a user name, got \"ftp://x\"",
            "c.yaml:8:63: error: sinks.b.command: expected a list, or words separated by spaces with every quote closed, got \"a \"b\"",
            "c.yaml:8:80: error: sinks.b.headers: expected a map from HTTP header names to values of printable ASCII, got a map",
            "c.yaml:9:26: error: sinks.c.key: expected a text that is not empty, got a list",
            "c.yaml:9:49: error: sinks.c.command[1]: expected text, got a list",
            "c.yaml:9:69: error: sinks.c.headers.X: expected text, got a map",
            "c.yaml:9:81: error: sinks.c.port: expected a whole number from 1 to 65535, got a map",
            "c.yaml:10:26: error: sinks.d.key: expected a text that is not empty",
            "c.yaml:10:36: error: sinks.d.hook: expected an absolute https URL without a user name",
            "c.yaml:10:70: error: sinks.d.headers: expected a map from HTTP header names to values of printable ASCII",
            "c.yaml:12:26: error: sinks.f.url: expected an absolute http or https URL without a user name",
        }));
    }

    [Test]
    public void A_sink_has_its_options_with_the_defaults_of_its_type()
    {
        var (config, problems) = ConfigFile.Load(ConfigFile.Store + "sinks: { log: { type: file, path: 8080, queue: 5 } }\n");

        Assert.That(problems, Is.Empty);
        var sink = config!.Sinks["log"];
        Assert.That(sink.Options.Select(option => (option.Key, option.Value.Text)), Is.EqualTo(new[] { ("path", "8080") }));
        var settings = new SinkSettings("log", TestCatalog.Small.Sinks.Single(spec => spec.Type == "file"), sink.Options);
        Assert.That((settings.GetText("path"), settings.GetText("mode")), Is.EqualTo(("8080", "append")));
        Assert.That((sink.Queue, sink.Batch), Is.EqualTo((5, 64)));
    }
}
