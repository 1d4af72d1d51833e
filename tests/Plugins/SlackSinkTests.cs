using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Plugins;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Plugins;

sealed class SlackSinkTests
{
    [Test]
    public async Task A_text_is_posted_with_values_escaped()
    {
        await using var receiver = await Receiver.StartAsync(200);
        await using var sink = SlackSink.Spec.Create(Settings(receiver.Url)).Sink;
        var batch = new DeliveryBatch(
        [
            Interventions.One(0) with { Subject = "A & B", Message = "<!channel> <https://evil.example|click> & \"more\"" },
            Interventions.One(1) with { Message = "plain" },
        ]);
        await sink.WriteAsync(batch, default);
        Assert.That(batch.VerdictOf(0), Is.EqualTo(DeliveryVerdict.Delivered));
        Assert.That(receiver.Posts.Select(post => JsonDocument.Parse(post.Body).RootElement.GetProperty("text").GetString()), Is.EquivalentTo(new[]
        {
            "*A &amp; B*\n&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; \"more\"", "plain",
        }));
        Assert.That(receiver.Posts.Select(post => post.Headers["content-type"]), Is.All.EqualTo("application/json"));
    }

    [Test]
    public async Task The_URL_is_secret_and_the_rate_limit_is_Slacks()
    {
        await using var receiver = await Receiver.StartAsync(404);
        var instance = SlackSink.Spec.Create(Settings(receiver.Url));
        await using var sink = instance.Sink;
        var batch = new DeliveryBatch(Interventions.Many(1));
        await sink.WriteAsync(batch, default);
        var health = await instance.CheckHealthAsync(default);
        Assert.That(health.Detail + batch.VerdictOf(0)!.Reason, Does.Not.Contain("hook"));
        Assert.That(SlackSink.Spec.Options.Single().IsSecret);
        Assert.That(SlackSink.Spec.RateLimit, Is.EqualTo(1));
        Assert.That(() => SlackSink.Spec.Create(Settings("http://hooks.slack.com/services/x")), Throws.InstanceOf<SinkConfigurationException>());
    }

    static SinkSettings Settings(string url) => new("slack", SlackSink.Spec, new Dictionary<string, string>(StringComparer.Ordinal) { ["url"] = url });
}
