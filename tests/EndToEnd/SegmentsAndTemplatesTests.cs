using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd;

/// <summary>Commands beside an engine whose campaign names a segment and a template.</summary>
[TestFixture]
[Category("EndToEnd")]
[Parallelizable]
public sealed class SegmentsAndTemplatesTests
{
    static readonly EngineConfig s_config = new()
    {
        Campaigns = "[{ name: rich, trigger: { event: begin_checkout }, segment: rich, template: hello, action: { type: reminder }, channel: socket }]",
    };

    Scratch _scratch = null!;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void Clear() => _scratch.Dispose();

    [Test]
    public async Task Replays_and_a_change_of_partitions_keep_to_the_segment()
    {
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await PutAsync(engine, "segments/rich", """{"conditions":[{"feature":"cart_value","atLeast":100}]}""");
            await PutAsync(engine, "templates/hello", """{"message":"You left {{ cart.total | money }}."}""");
            Assert.That((await IsContactedAsync(engine, "c150", 150), await IsContactedAsync(engine, "c50", 50)), Is.EqualTo((true, false)));
            Assert.That(await ReplayAsync(), Is.EqualTo((1, true)));

            await PutAsync(engine, "segments/rich", """{"conditions":[{"feature":"cart_value","atLeast":40}]}""");
            Assert.That(await ReplayAsync(), Is.EqualTo((2, false)), "the segment of now");
            Assert.That(await ReplayAsync("--recorded"), Is.EqualTo((1, true)), "the segment of then");
            await engine.StopAsync();
        }

        var changed = await RunAsync("repartition", "--partitions", "3");
        Assert.That(changed.ExitCode, Is.Zero, changed.ToString);
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config with { Partitions = 3 }))
        {
            Assert.That((await IsContactedAsync(engine, "c60", 60), await IsContactedAsync(engine, "c30", 30)), Is.EqualTo((true, false)));
            Assert.That(await ReplayAsync("--recorded"), Is.EqualTo((1, true)));
            Assert.That(await IsContactedAsync(engine, "c50", 10), "the cart kept its contents");
            await engine.StopAsync();
        }
    }

    [Test]
    public async Task A_template_that_does_not_fit_a_campaign_of_the_file_is_a_warning_with_its_place()
    {
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await PutAsync(engine, "templates/hello", """{"message":"Hello"}""");
            await PutAsync(engine, "templates/coded", """{"message":"Use {{ offer.code }}"}""");
            await engine.StopAsync();
        }

        var fits = await RunAsync("check", "--settings");
        Assert.That((fits.ExitCode, fits.Errors), Is.EqualTo((0, "")), fits.ToString);
        var config = s_config with { Campaigns = s_config.Campaigns.Replace("hello", "coded", StringComparison.Ordinal) };
        var lines = await File.ReadAllLinesAsync(config.WriteTo(_scratch));
        var line = Array.FindIndex(lines, text => text.Contains("template: coded", StringComparison.Ordinal));
        var place = $"cartrecovery.yaml:{line + 1}:{lines[line].IndexOf("coded", StringComparison.Ordinal) + 1}: warning: "
            + "the campaign 'rich': the template 'coded' of the store 'shop': message:1:8: 'offer.code' has no value: the action has no code";
        var check = await RunAsync("check", "--settings");
        Assert.That((check.ExitCode, check.Errors), Is.EqualTo((0, $"{place}\n")), check.ToString);

        await using var again = await RunningEngine.StartAsync(_scratch, config);
        Assert.That(again.Log, Does.Contain("template_unfit").And.Contain($"cartrecovery.yaml:{line + 1}:"));
        await again.StopAsync();
    }

    static async Task PutAsync(RunningEngine engine, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await engine.Http.PutAsync($"/v1/{path}", content);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created).Or.EqualTo(HttpStatusCode.OK), await answer.Content.ReadAsStringAsync());
    }

    static async Task<bool> IsContactedAsync(RunningEngine engine, string cart, int price)
    {
        using var content = new StringContent(EventJson.Array(EventJson.Of(cart, "add_to_cart", $",\"productId\":\"p\",\"price\":{price}"), EventJson.Of(cart, "begin_checkout")),
            Encoding.UTF8, "application/json");
        using var answer = await engine.Http.PostAsync("/v1/events", content);
        Assert.That(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return (await engine.GetJsonAsync($"/v1/interventions?cartId={cart}")).GetProperty("items").GetArrayLength() > 0;
    }

    // The number of decisions, and whether they are those of the journal.
    async Task<(int Decisions, bool IsSame)> ReplayAsync(params string[] arguments)
    {
        var finished = await RunAsync(["replay", "--json", .. arguments]);
        Assert.That(finished.ExitCode, Is.Zero, finished.ToString);
        using var report = JsonDocument.Parse(finished.Output);
        return (report.RootElement.GetProperty("decisions").GetInt32(), report.RootElement.GetProperty("difference").GetProperty("empty").GetBoolean());
    }

    Task<ProcessResult> RunAsync(params string[] arguments) => EngineBinary.RunAsync(_scratch.Folder, [.. arguments, "--config", "cartrecovery.yaml"]);
}
