using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.Configuration.Values;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api.Status;

/// <summary>Public updates that should not have been written.</summary>
[TestFixture]
sealed class WithdrawnUpdateTests
{
    const string Incidents = "/api/v1/monitoring/incidents";

    [Test]
    public async Task A_withdrawn_update_is_gone_at_once_though_the_page_is_kept_for_ten_minutes()
    {
        await using var engine = await InProcessEngine.StartAsync(config => config.Monitoring.Status = new StatusPageConfig { Enabled = true, Refresh = Duration.FromMinutes(10) });
        using var users = new TestUsers(engine);
        var access = await users.NewAsync(new Grant("operator", null));
        await engine.PostAsync(Incidents, """{"title":"Payments"}""", key: null, access);
        await engine.PostAsync($"{Incidents}/1/entries", """{"kind":"public","text":"Card 4711 fails"}""", key: null, access);
        Assert.That(await StatusAsync(), Does.Contain("4711"));
        var number = (await engine.GetAsync($"{Incidents}/1", key: null, access)).Json.GetProperty("timeline").EnumerateArray().Last().GetProperty("number").GetInt64();

        var withdrawn = await WithdrawAsync(1, number);

        Assert.That(withdrawn.Json.GetProperty("timeline").EnumerateArray().Last().GetProperty("kind").GetString(), Is.EqualTo("withdrawn"));
        Assert.That(await StatusAsync(), Does.Not.Contain("4711"));
        Assert.That((await WithdrawAsync(1, number)).Problem, Is.EqualTo((404, "update_not_found")));
        Assert.That((await WithdrawAsync(99, 1)).Problem, Is.EqualTo((404, "incident_not_found")));

        async Task<string> StatusAsync() => (await engine.GetAsync("/status", key: null)).Json.GetRawText();

        Task<ApiAnswer> WithdrawAsync(long id, long entry) => engine.AskAsync(HttpMethod.Delete, $"{Incidents}/{id}/entries/{entry}", null, null, access);
    }
}
