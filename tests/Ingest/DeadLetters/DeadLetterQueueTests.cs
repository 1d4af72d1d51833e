using System.Text;
using CartRecovery.Engine.Events;
using CartRecovery.Engine.Ingest.DeadLetters;
using CartRecovery.Tests.Events;
using CartRecovery.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace CartRecovery.Tests.Ingest.DeadLetters;

[TestFixture]
public sealed class DeadLetterQueueTests
{
    static readonly EventProblem s_problem = new(EventErrorCode.WrongType, "'price' must be a number");

    DeadLetterFolder _folder = null!;
    DeadLetterStore _store = null!;
    DeadLetterQueue _queue = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new DeadLetterFolder();
        _store = new DeadLetterStore(_folder.Path, DeadLetterSamples.Bounds, TimeProvider.System);
        _queue = new DeadLetterQueue(_store, TimeProvider.System, NullLogger.Instance);
    }

    [TearDown]
    public void TearDown()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Queued_letters_are_written_before_it_stops()
    {
        _queue.Start();
        Parallel.For(0, 1000, i => Add($"event {i}"));
        await _queue.StopAsync();

        Assert.That(_store.Read().Select(l => l.TextOf()), Is.EquivalentTo(Enumerable.Range(0, 1000).Select(i => $"event {i}")));
        Assert.That((_queue.StoredFor(EventErrorCode.WrongType), _queue.Dropped, _queue.Depth), Is.EqualTo((1000, 0, 0)));
        Assert.That(_store.Find(1) is { Store: "demo", Protocol: "tcp", Connection: 9, FromServer: true, Code: "wrong_type" }, Is.True);
    }

    [Test]
    public async Task Letters_are_written_as_they_arrive()
    {
        _queue.Start();
        Add("one");
        await Eventually.Is(() => _store.Count(DeadLetterState.Waiting) == 1, "the letter is written");
        Add("two");
        await Eventually.Is(() => _store.Count(DeadLetterState.Waiting) == 2, "the next letter is written");
        await _queue.StopAsync();
    }

    [Test]
    public async Task A_full_queue_drops_letters_and_counts_them()
    {
        var event1 = new string('x', 64 * 1024);
        for (var i = 0; i < 200; i++)
        {
            Add(event1);
        }

        var taken = _queue.Depth;
        Assert.That(taken * event1.Length, Is.LessThanOrEqualTo(DeadLetterQueue.CapacityBytes).And.GreaterThan(DeadLetterQueue.CapacityBytes / 2));
        Assert.That(_queue.Dropped, Is.EqualTo(200 - taken));

        _queue.Start();
        await Eventually.Is(() => _store.Count(DeadLetterState.Waiting) == taken, "all letters are written");
        await Eventually.Is(() => TryAdd("room again"), "the queue has room again");
        await _queue.StopAsync();
        Assert.That(_store.Read().Last().TextOf(), Is.EqualTo("room again"));
    }

    [Test]
    public void Small_letters_are_bounded_by_count()
    {
        for (var i = 0; i < DeadLetterQueue.Capacity + 10; i++)
        {
            Add("");
        }

        Assert.That((_queue.Depth, _queue.Dropped), Is.EqualTo((DeadLetterQueue.Capacity, 10)));
    }

    [Test]
    public void Rejections_not_caused_by_the_event_are_not_kept()
    {
        foreach (var code in new[] { EventErrorCode.None, EventErrorCode.Overloaded, EventErrorCode.UnknownKey })
        {
            _queue.Add(new EventProblem(code, "no"), "x"u8, isTruncated: false, EventReading.Now, EventReading.Rules(), "tcp", 9);
        }

        Assert.That(_queue.Depth, Is.Zero);
    }

    [Test]
    public async Task A_failing_disk_loses_only_letters()
    {
        _queue.Start();
        // A closed file rejects writes like a full disk.
        Directory.Delete(_folder.Path, recursive: true);
        File.WriteAllText(_folder.Path, "in the way");
        for (var i = 0; i < 40; i++)
        {
            // Enough to require a new file.
            var before = _store.Bytes;
            Add(new string('x', 512 * 1024));
            await Eventually.Is(() => _store.Bytes > before || _queue.Dropped > 0, "the letter is written or lost");
        }

        Assert.That((_queue.Dropped > 0, _queue.IsFailing), Is.EqualTo((true, true)));
        File.Delete(_folder.Path);
        Directory.CreateDirectory(_folder.Path);
        await Eventually.Is(() =>
        {
            Add("works again");
            return !_queue.IsFailing;
        }, "writing resumes when the disk recovers");
        await _queue.StopAsync();
        Assert.That(_store.Read().Last().TextOf(), Is.EqualTo("works again"));
    }

    void Add(string text) =>
        _queue.Add(s_problem, Encoding.UTF8.GetBytes(text), isTruncated: false, EventReading.Now, EventReading.Rules(verified: true), "tcp", 9);

    bool TryAdd(string text)
    {
        var before = _queue.Dropped;
        Add(text);
        return _queue.Dropped == before;
    }
}
