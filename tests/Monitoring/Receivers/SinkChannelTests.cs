using System.Net;
using CartRecovery.Contracts;
using CartRecovery.Engine.Monitoring.Alerts;
using CartRecovery.Engine.Monitoring.Notices;
using CartRecovery.Engine.Monitoring.Query;
using CartRecovery.Engine.Monitoring.Receivers;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Monitoring.Receivers;

public sealed class SinkChannelTests
{
    [Test]
    public async Task An_e_mail_goes_to_the_address_with_what_fires()
    {
        await using var relay = new ScriptedRelay();
        var verdict = await SendAsync("email_configs: [{to: 'ops@shop.example'}]", EmailSink.Spec, new()
        {
            ["host"] = "127.0.0.1",
            ["port"] = $"{relay.Port}",
            ["tls"] = "none",
            ["from"] = "alerts@shop.example",
        });
        Assert.That(verdict.Outcome, Is.EqualTo(NoticeOutcome.Delivered));
        var (recipient, text) = relay.Mails.Single();
        Assert.That(recipient, Does.Contain("ops@shop.example"));
        Assert.That(text, Does.Contain("Subject: [FIRING:1] Slow (critical)").And.Contain("Checkouts are slow"));
    }

    [Test]
    public async Task An_e_mail_that_the_relay_refuses_is_rejected()
    {
        await using var relay = new ScriptedRelay { Answer = (command, _) => command == "RCPT" ? "550 5.1.1 no such user" : null };
        var verdict = await SendAsync("email_configs: [{to: 'ops@shop.example'}]", EmailSink.Spec, new()
        {
            ["host"] = "127.0.0.1",
            ["port"] = $"{relay.Port}",
            ["tls"] = "none",
            ["from"] = "alerts@shop.example",
        });
        Assert.That(verdict.Outcome, Is.EqualTo(NoticeOutcome.Rejected));
    }

    [TestCase(201, NoticeOutcome.Delivered)]
    [TestCase(503, NoticeOutcome.Retry)]
    public async Task A_text_message_is_one_line_to_the_number(int status, NoticeOutcome outcome)
    {
        await using var provider = new NoticeReceiverServer { Status = _ => status };
        var verdict = await SendAsync("sms_configs: [{to: '+4915112345678'}]", SmsSink.Spec, new()
        {
            ["url"] = provider.Url,
            ["account"] = "AC0123456789abcdef0123456789abcdef",
            ["token"] = "sesame",
            ["from"] = "+15005550006",
        });
        Assert.That(verdict.Outcome, Is.EqualTo(outcome));
        var request = provider.Requests.Single();
        Assert.That(request.Line, Is.EqualTo("POST /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json"));
        Assert.That(request.Headers["Authorization"], Does.StartWith("Basic "));
        Assert.That(WebUtility.UrlDecode(request.Body).Split('&'), Is.SupersetOf(new[]
            { "To=+4915112345678", "From=+15005550006", "Body=[FIRING:1] Slow (critical): Checkouts are slow" }));
    }

    static async Task<NoticeVerdict> SendAsync(string receiver, SinkSpec spec, Dictionary<string, string> options)
    {
        var config = AlertmanagerConfigReader.Parse($"route: {{receiver: ops}}\nreceivers:\n- name: ops\n  {receiver}\n", "am.yml").Config!;
        var settings = new SinkSettings("mail", spec, options.ToDictionary(pair => pair.Key, pair => new OptionValue(pair.Value)));
        var channels = new NoticeChannels([new SinkFactory("mail", spec.Type, spec.Address, () => spec.Create(settings).Sink)], "", TimeProvider.System)
            .Create(config, "am.yml", out var problems);
        Assert.That(problems, Is.Empty);
        await using var channel = channels.Values.Single();
        var notice = new Notice(config.Receivers["ops"].Integrations[0], "0:{}", SeriesLabels.Empty,
            [new AlertMessage(SeriesLabels.Of("", "alertname", "Slow", "severity", "critical"), SeriesLabels.Of("", "summary", "Checkouts are slow"), 1_700_000_000_000, long.MaxValue, false, "")]);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await channel.SendAsync(notice, timeout.Token);
    }
}
