using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins;

/// <summary>
/// Passes interventions to a program in any language: it reads one line of JSON per intervention from standard input, and answers each with
/// a line on standard output, in any order. A program that dies is restarted; one that does not answer in time is killed and restarted.
/// </summary>
public sealed class ExecSink : ISink
{
    // Consecutive lines that are not answers before the program is killed: tolerates a library's output.
    const int MaxInvalidLines = 1000;

    readonly IReadOnlyList<string> _command;
    readonly ConcurrentDictionary<string, PendingItem> _pending = new(StringComparer.Ordinal);
    readonly SemaphoreSlim _writeLock = new(1);
    volatile ChildProcess? _program;
    int _garbage;

    ExecSink(IReadOnlyList<string> command) => _command = command;

    /// <summary>The <c>exec</c> sink type.</summary>
    public static SinkSpec Spec { get; } = new(
        "exec",
        "Passes interventions to a program in any language, as lines of JSON.",
        [
            SinkOption.List("command", "The program and its arguments: a list, or a text split at spaces outside double quotes. No shell is used.",
                required: true),
        ],
        settings =>
        {
            var command = settings.GetList("command");
            if (command[0].Length == 0)
            {
                throw new SinkConfigurationException("command", "names no program");
            }

            var sink = new ExecSink(command);
            return new SinkInstance(sink, _ => ValueTask.FromResult(sink.Health()));
        })
    {
        ActsOnMachine = true,
    };

    /// <inheritdoc/>
    public async ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        await EndProgramAsync();
        Volatile.Write(ref _garbage, 0);
        _program = new ChildProcess(_command, Take, Ended);
    }

    /// <inheritdoc/>
    public async ValueTask WriteAsync(DeliveryBatch batch, CancellationToken cancellationToken)
    {
        var program = _program ?? throw new IOException("the program was not started");
        var items = new PendingItem[batch.Items.Count];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = new PendingItem(batch, i);
        }
        // From here, any wait is for the program.
        await using var late = cancellationToken.Register(() =>
        {
            program.Kill("the program did not answer in time");
            Ended();
        });
        try
        {
            for (var i = 0; i < items.Length; i++)
            {
                if (!_pending.TryAdd(batch.Items[i].Id, items[i]))
                {
                    batch.Retry(i, "it is already being delivered");
                    items[i].Answered.TrySetResult();
                }
            }

            await SendAsync(program, items, cancellationToken);
            if (!program.IsRunning)
            {
                Ended();
            }

            await Task.WhenAll(items.Select(item => item.Answered.Task));
            if (items.Any(item => batch.VerdictOf(item.Index) is null))
            {
                throw new IOException(program.Ending);
            }
        }
        finally
        {
            foreach (var item in items)
            {
                _pending.TryRemove(new KeyValuePair<string, PendingItem>(batch.Items[item.Index].Id, item));
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await EndProgramAsync();
        _writeLock.Dispose();
    }

    async Task SendAsync(ChildProcess program, PendingItem[] items, CancellationToken cancellationToken)
    {
        var lines = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(lines))
        {
            foreach (var item in items.Where(item => !item.Answered.Task.IsCompleted))
            {
                json.WriteStartObject();
                json.WritePropertyName("intervention"u8);
                JsonSerializer.Serialize(json, item.Batch.Items[item.Index], ContractsJson.Default.Intervention);
                json.WriteEndObject();
                json.Flush();
                lines.Write("\n"u8);
                json.Reset();
            }
        }

        await _writeLock.WaitAsync(cancellationToken);
        try
        {
            await program.WriteAsync(lines.WrittenMemory, cancellationToken);
        }
        catch (IOException)
        {
            // The program no longer reads. Its earlier answers count.
            program.Kill("the program closed its input");
        }
        finally
        {
            _writeLock.Release();
        }
    }

    bool Take(ReadOnlySpan<byte> line)
    {
        try
        {
            if (JsonSerializer.Deserialize(line, ExecJson.Default.ExecResponse) is { Id: not null } response
                && _pending.TryGetValue(response.Id, out var item) && item.TryTake(response))
            {
                Volatile.Write(ref _garbage, 0);
                return true;
            }
        }
        catch (JsonException)
        {
            // Not an answer.
        }

        return Interlocked.Increment(ref _garbage) <= MaxInvalidLines;
    }

    // No further answers will arrive.
    void Ended()
    {
        foreach (var item in _pending.Values)
        {
            item.Answered.TrySetResult();
        }
    }

    async ValueTask EndProgramAsync()
    {
        if (_program is not { } program)
        {
            return;
        }

        _program = null;
        await program.DisposeAsync();
    }

    SinkHealth Health()
    {
        if (_program is not { } program)
        {
            return new SinkHealth(Healthy: false, "the program was not started");
        }

        if (!program.IsRunning)
        {
            return new SinkHealth(Healthy: false, program.Ending);
        }

        var garbage = Volatile.Read(ref _garbage);
        return new SinkHealth(Healthy: true, garbage == 0 ? "running" : $"running; its last {garbage} lines were not answers");
    }

    /// <summary>An intervention waiting for the program's response.</summary>
    sealed record PendingItem(DeliveryBatch Batch, int Index)
    {
        public TaskCompletionSource Answered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool TryTake(ExecResponse response)
        {
            if (!response.TryMark(Batch, Index))
            {
                return false;
            }

            Answered.TrySetResult();
            return true;
        }
    }
}
