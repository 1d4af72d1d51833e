using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using CartRecovery.Tests.Encryption;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.EndToEnd.Crash;

/// <summary>The process is killed again and again while it erases a person and events come in: the person disappears, and everybody else's events count once.</summary>
[TestFixture]
[Category("EndToEnd")]
[Category("Crash")]
[Parallelizable]
public sealed class ErasureCrashTests
{
    const string User = "person-of-the-erasure-0815", Cart = "cart-of-the-erasure-4711", Guest = "guest-of-the-erasure-22", Session = "session-of-the-erasure-31";
    const int Carts = 500, Rounds = 6, Batch = 250;

    static readonly EngineConfig s_config = new()
    {
        Durability = """
            journal: { commitAge: 2ms, segment: 4MB }
            checkpoints: { interval: 1s }
            limits: { rates: { requests: { api: { address: unlimited, key: unlimited, store: unlimited } } } }
            """,
    };

    Scratch _scratch = null!;
    int _sent;

    [SetUp]
    public void SetUp() => _scratch = new Scratch();

    [TearDown]
    public void TearDown() => _scratch.Dispose();

    [Test]
    public async Task A_person_disappears_although_the_process_is_killed_meanwhile()
    {
        var random = new Random(7);
        string id;
        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            for (var i = 0; i < 8; i++)
            {
                await SendAsync(engine);
                await PostAsync(engine, $"[{Event($"a{i}", Guest, null)},{Event($"b{i}", Cart, User)},{Event($"c{i}", Guest, User)}]");
            }

            Assert.That(Found(), Is.Not.Empty);
            using var asked = await engine.Http.PostAsync($"/v1/gdpr/forget/{User}", new StringContent("{}", Encoding.UTF8, "application/json"));
            Assert.That(asked.StatusCode, Is.EqualTo(HttpStatusCode.Accepted), await asked.Content.ReadAsStringAsync());
            id = JsonDocument.Parse(await asked.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
            await Task.Delay(random.Next(1500));
            await engine.KillAsync();
        }

        var states = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            await using var engine = await RunningEngine.StartAsync(_scratch, s_config);
            await SendAsync(engine);
            await CheckAsync(engine);
            states.Add(await StateAsync(engine, id));
            await Task.Delay(random.Next(1200));
            await engine.KillAsync();
        }

        await using (var engine = await RunningEngine.StartAsync(_scratch, s_config))
        {
            await Eventually.Is(() => StateAsync(engine, id).GetAwaiter().GetResult() == "completed", () => $"it completes, after {string.Join(", ", states)}: {engine.Log}");
            await CheckAsync(engine);
            Assert.That(Found(), Is.Empty);
            Assert.That(await engine.Http.GetAsync($"/v1/features/{Cart}"), Has.Property(nameof(HttpResponseMessage.StatusCode)).EqualTo(HttpStatusCode.NotFound));
            await engine.StopAsync();
        }

        Assert.That(Found(), Is.Empty, "after the stop");
        TestContext.Out.WriteLine(string.Join(", ", states));
    }

    // A batch more for everybody else.
    async Task SendAsync(RunningEngine engine)
    {
        await PostAsync(engine, $"[{string.Join(',', Enumerable.Range(_sent, Batch).Select(i => Event($"e{i}", CartOf(i % Carts), i % 3 == 0 ? $"customer-{i % Carts:d5}" : null)))}]");
        _sent += Batch;
    }

    async Task CheckAsync(RunningEngine engine)
    {
        foreach (var cart in new[] { 0, 1, 249, 250, Carts - 1 })
        {
            var expected = Enumerable.Range(0, _sent).Count(i => i % Carts == cart);
            Assert.That((await engine.FeaturesAsync(CartOf(cart)))["event_count"], Is.EqualTo(expected), $"{CartOf(cart)}\n{engine.Log}");
        }
    }

    static async Task<string> StateAsync(RunningEngine engine, string id) => (await engine.GetJsonAsync($"/v1/gdpr/status/{id}")).GetProperty("state").GetString()!;

    static async Task PostAsync(RunningEngine engine, string json)
    {
        using var response = await engine.Http.PostAsync("/v1/events", new StringContent(json, Encoding.UTF8, "application/json"));
        Assert.That(response.IsSuccessStatusCode, Is.True, await response.Content.ReadAsStringAsync());
    }

    static string CartOf(int number) => string.Create(CultureInfo.InvariantCulture, $"cart-{number:d5}");

    static string Event(string id, string cart, string? user) =>
        $$"""{"id":"{{id}}","type":"add_to_cart","cartId":"{{cart}}","sessionId":"{{(user is User || cart is Guest ? Session : "s")}}","productId":"p1","price":5,{{(user is null ? "" : $"\"userId\":\"{user}\",")}}"ts":{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}""";

    IEnumerable<string> Found() => [.. TestKeys.Found(_scratch.PathOf("data"), User, Cart, Guest, Session), .. TestKeys.FoundIn(JournalBlocks.In(_scratch.PathOf("data")), User, Cart, Guest, Session)];
}
