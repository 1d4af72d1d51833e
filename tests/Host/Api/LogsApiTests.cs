using System.Net;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>The engine's own log over HTTP.</summary>
sealed class LogsApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    (string, string) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _engine = await InProcessEngine.StartAsync(config => config.Log.Level = LogThreshold.Information);
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
        await Eventually.Is(() => AskAsync("/v1/logs?query=event:started").GetAwaiter().GetResult().Json.GetProperty("items").GetArrayLength() == 1, "the line is written");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
    }

    [Test]
    public async Task Lines_are_found_with_their_fields_the_newest_first()
    {
        var first = (await AskAsync("/v1/logs?query=event:partition_recovered&limit=1")).Json;
        var line = first.GetProperty("items")[0];
        Assert.That((line.GetProperty("level").GetString(), line.GetProperty("category").GetString(), line.GetProperty("fields").GetProperty("events").GetInt64()), Is.EqualTo(("information", "CartRecovery", 0L)));
        var rest = (await AskAsync($"/v1/logs?query=event:partition_recovered&cursor={Uri.EscapeDataString(first.GetProperty("next").GetString()!)}")).Json;
        Assert.That(rest.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("time").GetString()), Has.All.LessThanOrEqualTo(line.GetProperty("time").GetString()!));
        Assert.That((await AskAsync("/v1/logs?query=event:started&level=critical")).Json.GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task A_query_that_cannot_be_read_is_a_problem()
    {
        var response = await AskAsync("/v1/logs?query=%22open");
        Assert.That((response.Status, response.Json.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.BadRequest, "invalid_log_query")));
    }

    Task<ApiAnswer> AskAsync(string path) => _engine.AskAsync(HttpMethod.Get, path, content: null, key: null, _operator);
}
