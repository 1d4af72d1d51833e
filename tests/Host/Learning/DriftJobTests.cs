using System.Globalization;
using System.Net;
using System.Text.Json;
using CartRecovery.Contracts;
using CartRecovery.Engine.Configuration;
using CartRecovery.Engine.Configuration.Monitoring;
using CartRecovery.Engine.ControlPlane.Jobs;
using CartRecovery.Engine.Models;
using CartRecovery.Tests.Hosting.Api;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Learning;

/// <summary>The job that watches for drift, and exports of rows, on a running engine whose clock is moved.</summary>
public sealed class DriftJobTests
{
    Scratch _scratch = null!;
    JumpingTime _time = null!;
    InProcessEngine _engine = null!;
    int _sent;

    [SetUp]
    public async Task StartAsync()
    {
        _scratch = new Scratch();
        _time = new JumpingTime();
        _engine = await InProcessEngine.StartAsync(config =>
        {
            var sink = new SinkConfig { Type = "file" };
            sink.SetOption("path", new OptionValue(_scratch.PathOf("sent.ndjson")));
            config.Sinks["ops"] = sink;
            config.Control.Notices = new NoticesConfig { Sink = "ops" };
        }, _time);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        _scratch.Dispose();
    }

    [Test]
    public async Task Carts_like_the_reference_are_no_drift_and_others_are_reported_once()
    {
        await ShopAsync(150, price: 20);
        var first = await RunAsync("drift");
        Assert.That(first.Outcome, Is.EqualTo("succeeded"), first.Problem);
        Assert.That(first.Log, Does.Contain("demo: recorded the reference of"));

        _time.Jump(TimeSpan.FromDays(2));
        await ShopAsync(150, price: 20);
        await RunAsync("drift");
        var same = await NewestAsync();
        Assert.That(same.GetProperty("verdict").GetString(), Is.EqualTo("none"), same.GetRawText());
        Assert.That(same.GetProperty("concept").GetProperty("outcomes").GetInt32(), Is.EqualTo(150), "those of the first day have their labels");
        Assert.That(await DriftMetricAsync("features"), Is.Zero);

        _time.Jump(TimeSpan.FromDays(2));
        await ShopAsync(150, price: 900);
        var drifted = await RunAsync("drift");
        var other = await NewestAsync();
        Assert.That(other.GetProperty("verdict").GetString(), Is.AnyOf("features", "score"), other.GetRawText());
        var price = other.GetProperty("features").EnumerateArray().Single(feature => feature.GetProperty("name").GetString() == "last_seen_price");
        Assert.That((price.GetProperty("hasDrifted").GetBoolean(), price.GetProperty("psi").GetDouble() > price.GetProperty("psiThreshold").GetDouble()), Is.EqualTo((true, true)));
        Assert.That(await DriftMetricAsync("features"), Is.EqualTo(1));
        await Eventually.Is(() => File.Exists(_scratch.PathOf("sent.ndjson")) && File.ReadAllText(_scratch.PathOf("sent.ndjson")).Contains("has drifted in the store demo", StringComparison.Ordinal), "a notice");

        await RunAsync("drift");
        Assert.That(File.ReadAllLines(_scratch.PathOf("sent.ndjson")).Count(line => line.Contains("has drifted", StringComparison.Ordinal)), Is.EqualTo(1), "it is said once");
        Assert.That(drifted.Log, Does.Contain("demo: "));
    }

    [Test]
    public async Task The_reference_and_the_outcomes_of_a_champion_begin_when_it_took_over()
    {
        await ShopAsync(150, price: 20);
        _time.Jump(TimeSpan.FromDays(3));
        var name = _engine.Host.ModelName;
        var version = _engine.Host.ModelRegistry.Add(new NewModel(RetrainJobTests.Contrary()) { Name = name }, "test").Version;
        _engine.Host.MoveAlias(new ModelMove(name, ModelAlias.Champion, version.Id, "test", ""));
        Assert.That((await RunAsync("drift")).Log, Does.Not.Contain("recorded the reference"), "all rows are of the former champion's time");

        await ShopAsync(150, price: 20);
        Assert.That((await RunAsync("drift")).Log, Does.Contain("demo: recorded the reference of").And.Contain("150 rows"));
        _time.Jump(TimeSpan.FromDays(3));
        await ShopAsync(150, price: 20);
        await RunAsync("drift");
        Assert.That((await NewestAsync()).GetProperty("concept").GetProperty("outcomes").GetInt32(), Is.EqualTo(150), "of the 450 carts, those since the takeover whose labels are known");
    }

    [Test]
    public async Task A_store_with_few_carts_has_no_reference()
    {
        await ShopAsync(20, price: 20);
        Assert.That((await RunAsync("drift")).Outcome, Is.EqualTo("succeeded"));
        Assert.That((await _engine.GetAsync("/v1/drift")).Json.GetProperty("items").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Rows_are_exported_with_their_labels_once_these_are_known()
    {
        await ShopAsync(30, price: 20);
        Assert.That((await RowsAsync()).Rows, Is.Empty, "the labels are not known until late events cannot come any more");

        _time.Jump(TimeSpan.FromHours(49));
        var (columns, rows) = await RowsAsync();
        var (bought, value) = (Array.IndexOf(columns, "purchased"), Array.IndexOf(columns, "value"));
        Assert.That(rows, Has.Length.EqualTo(90), "three rows of each cart, and none of the order");
        Assert.That(rows.Count(row => row[bought] == "true"), Is.EqualTo(45));
        Assert.That(rows.Where(row => row[bought] == "true").Select(row => decimal.Parse(row[value], CultureInfo.InvariantCulture)), Has.All.GreaterThan(0m));
        Assert.That(rows.Select(row => double.Parse(row[Array.IndexOf(columns, "score")], CultureInfo.InvariantCulture)), Has.All.InRange(0.0, 1.0));
        Assert.That(rows.Select(row => row[Array.IndexOf(columns, "shopper")]).Distinct().Count(), Is.EqualTo(30));

        // The export before may have its place for a moment longer.
        byte[] parquet = [];
        await Eventually.Is(() => _engine.Http.GetAsync(new Uri("/v1/export/features?format=parquet", UriKind.Relative)).GetAwaiter().GetResult() is { StatusCode: HttpStatusCode.OK } answer
            && (parquet = answer.Content.ReadAsByteArrayAsync().GetAwaiter().GetResult()).Length > 4, "a Parquet file");
        Assert.That(parquet[..4], Is.EqualTo("PAR1"u8.ToArray()));
        Assert.That((await _engine.GetAsync("/v1/export/features?horizonHours=0")).Status, Is.EqualTo(HttpStatusCode.BadRequest));
    }

    // Half of the carts are bought.
    async Task ShopAsync(int carts, int price)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var events = new List<string>();
        for (var i = 0; i < carts; i++, _sent++)
        {
            var of = $"\"cartId\":\"c{_sent}\",\"userId\":\"u{_sent}\",\"productId\":\"p{i % 7}\",\"price\":{price + i % 13},\"currency\":\"USD\"";
            events.Add($$"""{"id":"a{{_sent}}","type":"view_item","ts":{{now - 3000}},{{of}}}""");
            events.Add($$"""{"id":"b{{_sent}}","type":"view_item","ts":{{now - 2000}},{{of}}}""");
            events.Add($$"""{"id":"c{{_sent}}","type":"add_to_cart","ts":{{now - 1000}},"quantity":1,{{of}}}""");
            if (i % 2 == 0)
            {
                events.Add($$"""{"id":"d{{_sent}}","type":"purchase","ts":{{now}},"quantity":1,{{of}}}""");
            }
        }

        var sent = await _engine.PostAsync("/v1/events", $"[{string.Join(',', events)}]", InProcessEngine.Secret);
        Assert.That(sent.Status, Is.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.Accepted), sent.Body);
    }

    async Task<JsonElement> NewestAsync() => (await _engine.GetAsync("/v1/drift?limit=1")).Json.GetProperty("items")[0];

    async Task<double> DriftMetricAsync(string kind) =>
        (await _engine.Host.Metrics.Registry.ReadAsync()).Families["cartrecovery_model_drift"].Samples.Single(sample => $"{sample.Labels.Single().Value}" == kind).Value;

    async Task<(string[] Columns, string[][] Rows)> RowsAsync()
    {
        var csv = await _engine.Http.GetStringAsync(new Uri("/v1/export/features", UriKind.Relative));
        string[][] lines = [.. csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(','))];
        return (lines[0], lines[1..]);
    }

    async Task<JobRun> RunAsync(string name)
    {
        var jobs = _engine.Host.Jobs.Control;
        var id = await jobs.StartAsync((await jobs.FindAsync(name))!, "cli", address: null);
        JobRun? run = null;
        await Eventually.Is(() => (run = jobs.RunAsync(name, id).GetAwaiter().GetResult()) is not { Outcome: JobOutcome.Waiting or JobOutcome.Running }, $"{name} runs");
        return run!;
    }
}
