using System.Globalization;
using System.Net;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>A pause outlives a changed file, a crash and a restart.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class CampaignPauseTests
{
    const string Left = """{ name: left, trigger: { event: begin_checkout }, action: { type: reminder }, channel: socket, message: """;

    [Test]
    public async Task A_pause_survives_a_reload_a_crash_and_a_restart()
    {
        using var scratch = new Scratch();
        var config = new EngineConfig { Campaigns = $"[{Left}first }}]", Contact = "{ holdout: 0 }", Window = "0s" };
        await using (var engine = await RunningEngine.StartAsync(scratch, config))
        {
            Assert.That(await SetAsync(engine, "pause"), Is.EqualTo("paused"));
            (config with { Campaigns = $$"""[{{Left}}second }, { name: other, trigger: { event: coupon_denied }, action: { type: reminder }, channel: socket, message: m }]""" }).WriteTo(scratch);
            await Eventually.Is(async () => (await StatesAsync(engine)).Length == 2, "the changed file is in force");
            Assert.That(await StatesAsync(engine), Is.EqualTo(new[] { "left paused", "other active" }));
            await BeginAsync(engine, "c1");
            await engine.KillAsync();
        }

        await using (var again = await RunningEngine.StartAsync(scratch, config))
        {
            Assert.That(await StatesAsync(again), Is.EqualTo(new[] { "left paused" }));
            await BeginAsync(again, "c2");
            Assert.That((await again.GetJsonAsync("/v1/interventions")).GetProperty("items").GetArrayLength(), Is.Zero);
            Assert.That(await SetAsync(again, "resume"), Is.EqualTo("active"));
            await BeginAsync(again, "c3");
            Assert.That((await again.GetJsonAsync("/v1/interventions")).GetProperty("items").GetArrayLength(), Is.EqualTo(1));
            await again.StopAsync();
        }

        await using var last = await RunningEngine.StartAsync(scratch, config);
        Assert.That(await StatesAsync(last), Is.EqualTo(new[] { "left active" }));
    }

    static async Task<string?> SetAsync(RunningEngine engine, string verb)
    {
        using var answer = await engine.Http.PostAsync($"/v1/campaigns/left/{verb}", content: null);
        using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("state").GetString();
    }

    static async Task<string[]> StatesAsync(RunningEngine engine) =>
    [
        .. (await engine.GetJsonAsync("/v1/campaigns")).GetProperty("items").EnumerateArray()
            .Select(campaign => $"{campaign.GetProperty("name").GetString()} {campaign.GetProperty("state").GetString()}"),
    ];

    static async Task BeginAsync(RunningEngine engine, string cart)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        using var body = new StringContent(string.Create(CultureInfo.InvariantCulture, $$"""{"id":"{{cart}}-e","type":"begin_checkout","cartId":"{{cart}}","ts":{{now}}}"""));
        using var answer = await engine.Http.PostAsync("/v1/events", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
