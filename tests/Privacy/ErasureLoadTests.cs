using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using CartRecovery.Engine.Journal.Erasure;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Pipeline;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Privacy;

/// <summary>
/// Measures an erasure under load: one customer of <c>CARTRECOVERY_ERASURE_CUSTOMERS</c> (not set: a thousand, as a check of the measurement) while
/// 50,000 events a second come in, or <c>CARTRECOVERY_ERASURE_RATE</c>.
/// </summary>
public sealed class ErasureLoadTests
{
    const int Millisecond = 1;
    static readonly int s_customers = Number("CARTRECOVERY_ERASURE_CUSTOMERS", 1000);
    static readonly int s_rate = Number("CARTRECOVERY_ERASURE_RATE", s_customers > 1000 ? 50_000 : 1000);
    static readonly TimeSpan s_alone = TimeSpan.FromSeconds(s_customers > 1000 ? 15 : 0.2);

    [Test, CancelAfter(900_000)]
    public async Task One_person_is_erased_while_events_come_in()
    {
        using var scratch = new Scratch();
        using var engine = new ErasureFixture(scratch.Folder, Math.Max(1 << 20, s_customers * 256L));
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < s_customers; i += 500)
        {
            engine.Send([.. Enumerable.Range(i, 500).SelectMany(n => new[] { Event(n, 0, "add_to_cart"), Event(n, 1, "page_view") })]);
        }

        await engine.Set.FlushAsync(default);
        var filled = Stopwatch.GetElapsedTime(started);
        var without = Measure(engine, Task.Delay(s_alone));
        var nobody = new ErasedIds(0, "demo"u8.ToArray(), TestStages.Stores[0].Ids, "nobody", []);
        var checkpoint = Measure(engine, Task.WhenAll(Enumerable.Range(0, ErasureFixture.Partitions).Select(i => engine.Set[i].Eraser.EndAsync([nobody], default))));
        started = Stopwatch.GetTimestamp();
        var user = UserOf(s_customers / 2);
        var steps = new ConcurrentQueue<(string Step, double At)>();
        var erasure = Task.Run(() => engine.EraseAsync(user, onStep: step => steps.Enqueue((step, Stopwatch.GetElapsedTime(started).TotalSeconds))));
        var with = Measure(engine, erasure);
        var took = Stopwatch.GetElapsedTime(started);
        var size = Directory.EnumerateFiles(scratch.Folder, "*", SearchOption.AllDirectories).Sum(path => new FileInfo(path).Length) >> 20;
        var result = await erasure;
        var phases = string.Join('\n', steps.Select(step => string.Create(CultureInfo.InvariantCulture, $"{step.At,6:F1} s {step.Step}")));
        TestContext.Out.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{s_customers:N0} customers ({size:N0} MB on disk, written in {filled.TotalSeconds:F0} s), {s_rate:N0} events/s: {took.TotalSeconds:F1} s, {result}"));
        TestContext.Out.WriteLine($"without: {without}\na checkpoint alone: {checkpoint}\nwith: {with}\n{phases}");
        Assert.That(result.Records, Is.Not.Zero);
        Assert.That(ErasureFixture.Found(scratch.Folder, s_customers > 1000 ? [] : [user]), Is.Empty);
    }

    // Sends at a steady rate until the task ends, and returns the latencies from submission to acknowledgement.
    static string Measure(ErasureFixture engine, Task until)
    {
        var (sent, latencies, perTick) = (new ConcurrentQueue<(long UpTo, long At)>(), new ConcurrentBag<double>(), Math.Max(1, s_rate / 1000));
        var total = engine.Sent;
        engine.OnAcknowledged = upTo =>
        {
            while (sent.TryPeek(out var first) && first.UpTo <= upTo && sent.TryDequeue(out first))
            {
                latencies.Add(Stopwatch.GetElapsedTime(first.At).TotalMilliseconds);
            }
        };
        using var pause = new ManualResetEvent(initialState: false);
        var random = new Random(1);
        var start = Stopwatch.GetTimestamp();
        for (var tick = 0L; !until.IsCompleted; tick++)
        {
            // By the schedule, so that a stall is not left out of what is measured.
            var due = start + (tick * Millisecond * Stopwatch.Frequency / 1000);
            while (Stopwatch.GetTimestamp() < due)
            {
                pause.WaitOne(Millisecond);
            }

            total += perTick;
            sent.Enqueue((total, due));
            engine.Send([.. Enumerable.Range(0, perTick).Select(_ => Event(random.Next(s_customers / 2), Stopwatch.GetTimestamp(), "page_view"))]);
        }

        engine.Set.FlushAsync(default).Wait(Eventually.Deadline);
        engine.OnAcknowledged = null;
        var sorted = latencies.Order().ToArray();
        return string.Create(CultureInfo.InvariantCulture,
            $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, {sorted.Length:N0} batches of {perTick}, p50 {At(sorted, 0.5):F2} ms, p99 {At(sorted, 0.99):F2} ms, p99.9 {At(sorted, 0.999):F2} ms, most {At(sorted, 1):F2} ms");
    }

    static double At(double[] sorted, double part) => sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, part * sorted.Length)];

    static byte[] Event(int customer, long id, string type) => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
        $"{{\"id\":\"e{customer}-{id}\",\"type\":\"{type}\",\"cartId\":\"cart-{customer:d7}\",\"userId\":\"{UserOf(customer)}\",\"sessionId\":\"s{customer}\",\"productId\":\"p{customer % 1000}\",\"price\":5,\"ts\":{EventReading.Now}}}"));

    static string UserOf(int customer) => $"customer-{customer:d7}";

    static int Number(string variable, int other) => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number) ? number : other;
}
