using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Tests.Support;
using Microsoft.AspNetCore.Connections;

namespace CartRecovery.Tests.Ingest.Streams.Transport;

/// <summary>Streams read by one thread: nothing is lost, whatever their user consumes and whenever their peers go.</summary>
public sealed class SocketPipeReaderTests
{
    PollingReader _thread = null!;

    [SetUp]
    public void Start()
    {
        if (!PollingThread.IsSupported)
        {
            Assert.Ignore("this system has no epoll");
        }

        _thread = new PollingReader();
        _thread.Start();
    }

    [TearDown]
    public void Stop() => _thread.Close();

    [Test]
    public async Task Bytes_arrive_once_and_in_order_however_they_are_consumed([Values(1, 7, 4096, PollingThread.ReadSize)] int mostConsumed)
    {
        var (client, reader, _) = _thread.Connect();
        var sent = new byte[mostConsumed == 1 ? 5_000 : 1_000_000];
        new Random(mostConsumed).NextBytes(sent);
        var sending = Task.Run(() =>
        {
            client.Send(sent);
            client.Shutdown(SocketShutdown.Send);
        });
        var received = new List<byte>();
        while (true)
        {
            var read = await ReadAsync(reader);
            var taken = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, mostConsumed));
            received.AddRange(taken.ToArray());
            reader.AdvanceTo(taken.End);
            if (read.IsCompleted && received.Count == sent.Length)
            {
                break;
            }
        }

        await sending;
        Assert.That(received, Is.EqualTo(sent));
    }

    [Test]
    public async Task What_was_examined_is_not_returned_again_until_more_arrives()
    {
        var (client, reader, _) = _thread.Connect();
        client.Send("half "u8);
        var read = await ReadAsync(reader);
        reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        var next = ReadAsync(reader);
        Assert.That(next.IsCompleted, Is.False);
        client.Send("whole"u8);

        Assert.That(TextOf(await next), Is.EqualTo("half whole"));
    }

    [Test]
    public async Task A_message_longer_than_a_read_is_collected()
    {
        var (client, reader, _) = _thread.Connect();
        var sent = new string('x', 5 * PollingThread.ReadSize);
        var sending = Task.Run(() => client.Send(Encoding.ASCII.GetBytes(sent)));
        ReadResult read;
        while ((read = await ReadAsync(reader)).Buffer.Length < sent.Length)
        {
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }

        await sending;
        Assert.That(TextOf(read), Is.EqualTo(sent));
    }

    [Test]
    public async Task A_user_that_consumes_late_keeps_its_bytes_while_others_are_read()
    {
        var (client, reader, _) = _thread.Connect();
        var (otherClient, otherReader, _) = _thread.Connect();
        client.Send("first"u8);
        var kept = await ReadAsync(reader);
        // The thread's turn is over: its next read must not overwrite the bytes.
        otherClient.Send("other"u8);
        var other = await ReadAsync(otherReader);

        Assert.That((TextOf(kept), TextOf(other)), Is.EqualTo(("first", "other")));
    }

    [Test]
    public async Task Events_wait_in_the_socket_while_they_must_not_be_read_and_handshakes_do_not()
    {
        _thread.IsGateOpen = false;
        var (client, reader, server) = _thread.Connect();
        var (newcomer, handshake, _) = _thread.Connect(isSession: false);
        client.Send("event"u8);
        newcomer.Send("hello"u8);
        var read = ReadAsync(reader);

        Assert.That(TextOf(await ReadAsync(handshake)), Is.EqualTo("hello"));
        await Eventually.Is(() => server.Available == 5, "the event is in the socket");
        Assert.That(read.IsCompleted, Is.False);
        _thread.IsGateOpen = true;
        Assert.That(TextOf(await read), Is.EqualTo("event"));
    }

    [Test]
    public async Task A_read_is_no_longer_than_the_limit_of_the_moment()
    {
        _thread.ReadLimit = 100;
        var (client, reader, _) = _thread.Connect();
        client.Send(new byte[1000]);

        Assert.That((await ReadAsync(reader)).Buffer.Length, Is.InRange(1, 100));
    }

    [Test]
    public async Task Input_that_nobody_reads_wakes_the_thread_once()
    {
        var (client, reader, server) = _thread.Connect();
        client.Send("first"u8);
        var read = await ReadAsync(reader);
        reader.AdvanceTo(read.Buffer.End);
        client.Send("second"u8);
        await Eventually.Is(() => server.Available == 6, "the bytes are in the socket");
        var before = _thread.Rounds;
        for (var i = 0; i < 20; i++)
        {
            await RunOnceAsync();
        }

        Assert.That(_thread.Rounds - before, Is.LessThan(60), "the thread sleeps between what is posted");
        Assert.That(TextOf(await ReadAsync(reader)), Is.EqualTo("second"));
    }

    [Test]
    public async Task The_end_is_told_after_the_bytes_before_it()
    {
        var (client, reader, _) = _thread.Connect();
        client.Send("last"u8);
        client.Shutdown(SocketShutdown.Send);
        var text = "";
        ReadResult read;
        do
        {
            read = await ReadAsync(reader);
            text += TextOf(read);
            reader.AdvanceTo(read.Buffer.End);
        }
        while (!read.IsCompleted);

        Assert.That(text, Is.EqualTo("last"));
    }

    [Test]
    public async Task A_reset_ends_a_pending_read()
    {
        var (client, reader, _) = _thread.Connect();
        var read = ReadAsync(reader);
        client.LingerState = new LingerOption(enable: true, seconds: 0);
        client.Dispose();

        Assert.That(async () => await read, Throws.InstanceOf<ConnectionResetException>());
    }

    [Test]
    public async Task A_token_ends_a_pending_read_and_a_later_one_is_not_affected()
    {
        var (client, reader, _) = _thread.Connect();
        using var stop = new CancellationTokenSource();
        var read = reader.ReadAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        Assert.That(async () => await read.WaitAsync(Eventually.Deadline), Throws.InstanceOf<OperationCanceledException>());
        client.Send("later"u8);

        Assert.That(TextOf(await ReadAsync(reader)), Is.EqualTo("later"));
    }

    [Test]
    public async Task Cancelling_ends_one_read_and_loses_nothing()
    {
        var (client, reader, _) = _thread.Connect();
        var read = ReadAsync(reader);
        reader.CancelPendingRead();
        Assert.That((await read).IsCanceled, Is.True);
        reader.AdvanceTo((await read).Buffer.End);
        client.Send("next"u8);

        Assert.That(((await ReadAsync(reader)) is var next, next.IsCanceled, TextOf(next)), Is.EqualTo((true, false, "next")));
    }

    [Test]
    public async Task A_late_event_of_a_former_reader_does_not_reach_its_successor()
    {
        var (_, former, _) = _thread.Connect();
        former.Complete();
        var (client, reader, _) = _thread.Connect();
        Assert.That(((int)reader.Token, reader.Token), Is.EqualTo(((int)former.Token, reader.Token)).And.Not.EqualTo(((int)former.Token, former.Token)));
        client.Send("hello"u8);

        Assert.That(TextOf(await ReadAsync(reader)), Is.EqualTo("hello"));
    }

    [Test]
    public async Task A_turn_of_a_stream_that_the_thread_does_not_poll_is_always_posted()
    {
        var turns = 0;
        var item = new PostedItem();
        async Task RunAsync(ThreadSwitch turn)
        {
            for (; turns < 10; turns++)
            {
                await turn;
            }

            item.Execute();
        }

        var rounds = _thread.Rounds;
        _ = RunAsync(new ThreadSwitch(_thread, isPolled: false));
        await item.Done.Task.WaitAsync(Eventually.Deadline);
        Assert.That(_thread.Rounds - rounds, Is.GreaterThanOrEqualTo(9), "others have their turns between");
    }

    [Test]
    public async Task Closing_on_this_side_ends_a_pending_read()
    {
        var (_, reader, server) = _thread.Connect();
        var read = ReadAsync(reader);
        server.Dispose();
        reader.Abort();

        Assert.That(async () => await read, Throws.InstanceOf<ConnectionAbortedException>());
        await RunOnceAsync();
    }

    [Test]
    public async Task What_is_posted_after_the_end_of_the_thread_runs_on_the_pool()
    {
        _thread.Dispose();
        await RunOnceAsync();
    }

    static Task<ReadResult> ReadAsync(SocketPipeReader reader) => reader.ReadAsync().AsTask().WaitAsync(Eventually.Deadline);

    static string TextOf(ReadResult read) => Encoding.ASCII.GetString(read.Buffer);

    Task RunOnceAsync()
    {
        var item = new PostedItem();
        _thread.Post(item);
        return item.Done.Task.WaitAsync(Eventually.Deadline);
    }

    sealed class PostedItem : IThreadPoolWorkItem
    {
        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Execute() => Done.SetResult();
    }
}
