using CartRecovery.Host.Api.Status;
using CartRecovery.Tests.Support;

namespace CartRecovery.Tests.Hosting.Api.Status;

public sealed class SharedAnswerTests
{
    readonly ManualTime _time = new(0);

    [Test]
    public async Task An_answer_is_made_once_for_all_who_ask_while_it_is_made_and_kept()
    {
        var made = 0;
        var gate = new TaskCompletionSource();
        var shared = new SharedAnswer<int>(async () =>
        {
            var number = Interlocked.Increment(ref made);
            await gate.Task;
            return number;
        }, TimeSpan.FromSeconds(30), _time);
        var asked = Enumerable.Range(0, 100).Select(_ => shared.GetAsync(CancellationToken.None)).ToArray();
        _time.Advance(TimeSpan.FromMinutes(5));
        gate.SetResult();
        Assert.That(await Task.WhenAll(asked), Is.All.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.That(await shared.GetAsync(CancellationToken.None), Is.EqualTo(1), "kept from its end");
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await shared.GetAsync(CancellationToken.None), Is.EqualTo(2));
    }

    [Test]
    public async Task A_failure_is_kept_too_and_then_made_again()
    {
        var made = 0;
        var shared = new SharedAnswer<int>(() => ++made == 1 ? throw new IOException("disk") : Task.FromResult(made), TimeSpan.FromSeconds(30), _time);
        Assert.That(async () => await shared.GetAsync(CancellationToken.None), Throws.InstanceOf<IOException>());
        Assert.That(async () => await shared.GetAsync(CancellationToken.None), Throws.InstanceOf<IOException>());
        Assert.That(made, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.That(await shared.GetAsync(CancellationToken.None), Is.EqualTo(2));
    }

    [Test]
    public void A_caller_who_gives_up_ends_it_for_no_one_else()
    {
        var gate = new TaskCompletionSource<int>();
        var shared = new SharedAnswer<int>(() => gate.Task, TimeSpan.FromSeconds(30), _time);
        using var gone = new CancellationTokenSource();
        var (left, stays) = (shared.GetAsync(gone.Token), shared.GetAsync(CancellationToken.None));
        gone.Cancel();
        Assert.That(async () => await left, Throws.InstanceOf<OperationCanceledException>());
        gate.SetResult(7);
        Assert.That(async () => await stays, Is.EqualTo(7));
    }
}
