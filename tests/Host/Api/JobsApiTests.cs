using System.Net;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Control;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.ControlPlane.Users;
using CartRecovery.Host.Jobs;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api;

/// <summary>Jobs over HTTP, on an engine that runs them.</summary>
[TestFixture]
sealed class JobsApiTests
{
    InProcessEngine _engine = null!;
    TestUsers _users = null!;
    Scratch _scratch = null!;
    (string, string) _operator;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("notices.ndjson")));
            config.Sinks["ops"] = sink;
            config.Control.Notices = new NoticesConfig { Sink = "ops" };
            config.Jobs["audit-counts"] = new JobConfig { Schedule = "59 3 * * *", Timezone = "Europe/Amsterdam" };
        });
        _users = new TestUsers(_engine);
        _operator = await _users.NewAsync(new Grant("operator", null));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        _users.Dispose();
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task Jobs_are_listed_with_their_settings()
    {
        var jobs = (await AskAsync("GET", "/v1/jobs?limit=1000")).Json.GetProperty("items").EnumerateArray().ToDictionary(job => job.GetProperty("name").GetString()!);
        Assert.That(jobs.Keys, Is.EquivalentTo(BuiltInJobs.All.Select(job => job.Name)));
        var counts = jobs["audit-counts"];
        Assert.That((counts.GetProperty("schedule").GetString(), counts.GetProperty("timezone").GetString(), counts.GetProperty("timeout").GetString(), counts.GetProperty("perEngine").GetBoolean()),
            Is.EqualTo(("59 3 * * *", "Europe/Amsterdam", "1m", true)), "the configuration's");
        Assert.That(counts.GetProperty("nextAt").GetString(), Does.Match("^20..-..-..T0[12]:59:00Z$"));
        Assert.That(jobs["upkeep"].GetProperty("essential").GetBoolean());
    }

    [Test]
    public async Task A_job_that_is_asked_for_runs()
    {
        var started = await AskAsync("POST", "/v1/jobs/upkeep/run");
        Assert.That(started.Status, Is.EqualTo(HttpStatusCode.Accepted), started.Body);
        var path = $"/v1/jobs/upkeep/runs/{started.Json.GetProperty("runId").GetInt64()}";
        await Eventually.Is(() => AskAsync("GET", path).GetAwaiter().GetResult().Json.GetProperty("outcome").GetString() == "succeeded", "it runs");
        var run = (await AskAsync("GET", path)).Json;
        Assert.That((run.GetProperty("cause").GetString(), run.GetProperty("actor").GetString()![..5]), Is.EqualTo(("manual", "user:")));
        Assert.That(run.GetProperty("steps").EnumerateArray().Select(step => $"{step.GetProperty("name")} {step.GetProperty("outcome")}"),
            Is.EqualTo(new[] { "signing-keys succeeded", "sessions succeeded", "api-keys succeeded", "audit-log succeeded", "backtests succeeded" }));
        Assert.That((await AskAsync("GET", "/v1/jobs/upkeep")).Json.GetProperty("lastOutcome").GetString(), Is.EqualTo("succeeded"));
        Assert.That((await AskAsync("GET", "/v1/jobs/upkeep/runs")).Json.GetProperty("items")[0].GetProperty("log").GetArrayLength(), Is.Zero);
        var metrics = await _engine.Host.Metrics.Registry.ReadAsync();
        Assert.That(metrics.Families["cartrecovery_job_runs_total"].Samples.Single(sample => sample.Labels.Select(label => label.Value).SequenceEqual(["upkeep", "succeeded"])).Value,
            Is.GreaterThanOrEqualTo(1));
    }

    [Test]
    public async Task A_job_is_changed_paused_resumed_and_reset()
    {
        var changed = await AskAsync("PATCH", "/v1/jobs/audit-head", """{"schedule":"0 4 1 * *","timezone":"Europe/Amsterdam","timeout":"2h","missed":"skip","retries":0}""");
        Assert.That(changed.Json.GetProperty("changed").GetRawText(), Is.EqualTo("""["schedule","timezone","timeout","missed","retries"]"""), changed.Body);
        Assert.That((changed.Json.GetProperty("schedule").GetString(), changed.Json.GetProperty("timeout").GetString(), changed.Json.GetProperty("missed").GetString()),
            Is.EqualTo(("0 4 1 * *", "2h", "skip")));
        Assert.That(changed.Json.GetProperty("nextAt").GetString(), Does.Match("T0[23]:00:00Z$"));
        Assert.That((await AskAsync("POST", "/v1/jobs/audit-head/pause")).Json.GetProperty("paused").GetBoolean());
        Assert.That((await AskAsync("GET", "/v1/jobs/audit-head")).Json.GetProperty("nextAt").GetString(), Is.Null);
        Assert.That((await AskAsync("POST", "/v1/jobs/audit-head/resume")).Json.GetProperty("paused").GetBoolean(), Is.False);
        var reset = await AskAsync("PATCH", "/v1/jobs/audit-head", """{"reset":["schedule","timezone","timeout","missed","retries","paused"]}""");
        Assert.That((reset.Json.GetProperty("schedule").GetString(), reset.Json.GetProperty("changed").GetArrayLength()), Is.EqualTo(("0 0 * * *", 0)));
        Assert.That((await AskAsync("POST", "/v1/jobs/audit-head/cancel")).Json.GetProperty("runs").GetInt32(), Is.Zero);
    }

    [TestCase("PATCH", "/v1/jobs/upkeep", """{"schedule":"off"}""", 409, "job_essential")]
    [TestCase("POST", "/v1/jobs/upkeep/pause", "", 409, "job_essential")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"schedule":"5 *"}""", 400, "invalid_job")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"timezone":"Mars"}""", 400, "invalid_job")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"timeout":"2d"}""", 400, "invalid_job")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"missed":"never"}""", 400, "invalid_job")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"retries":11}""", 400, "invalid_job")]
    [TestCase("PATCH", "/v1/jobs/upkeep", """{"reset":["all"]}""", 400, "invalid_job")]
    [TestCase("POST", "/v1/jobs/nothing/run", "", 404, "job_not_found")]
    [TestCase("GET", "/v1/jobs/nothing", "", 404, "job_not_found")]
    [TestCase("GET", "/v1/jobs/nothing/runs", "", 404, "job_not_found")]
    [TestCase("GET", "/v1/jobs/upkeep/runs/999999", "", 404, "job_run_not_found")]
    public async Task What_cannot_be_done_is_refused(string method, string path, string body, int status, string code) =>
        Assert.That((await AskAsync(method, path, body)).Problem, Is.EqualTo((status, code)));

    [Test]
    public async Task A_failure_and_a_late_job_go_to_the_sink_for_notices()
    {
        _engine.Host.Jobs.OnNotice!(new JobNotice("upkeep", IsLate: false, IsFinal: false, "failed: first"));
        _engine.Host.Jobs.OnNotice!(new JobNotice("upkeep", IsLate: false, IsFinal: true, "failed: last"));
        _engine.Host.Jobs.OnNotice!(new JobNotice("audit-head", IsLate: true, IsFinal: false, "due"));
        string Sent() => File.Exists(_scratch.PathOf("notices.ndjson")) ? File.ReadAllText(_scratch.PathOf("notices.ndjson")) : "";
        await Eventually.Is(() => Sent().Split('\n').Length == 3, Sent);
        Assert.That(Sent(), Does.Contain("CartRecovery: the job upkeep failed").And.Contain("failed: last").And.Contain("CartRecovery: the job audit-head is late").And.Not.Contain("failed: first"));
    }

    Task<ApiAnswer> AskAsync(string method, string path, string body = "")
    {
        var content = body.Length == 0 ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return _engine.AskAsync(new HttpMethod(method), path, content, key: null, _operator);
    }
}
