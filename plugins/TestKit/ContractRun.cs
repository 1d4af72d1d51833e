using System.Collections.Concurrent;
using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>The state of one verification: shared objects, failures, and every message that the sink produced.</summary>
sealed class ContractRun(SinkSpec spec, SinkReceiver receiver, SinkContractOptions options)
{
    readonly List<SinkContractCheck> _checks = [];
    readonly ConcurrentQueue<string> _messages = [];
    List<string> _failures = [];
    TimeSpan _patience = options.Deadline;
    int _number;

    public SinkSpec Spec => spec;

    public SinkReceiver Receiver => receiver;

    public SinkContractOptions Options => options;

    public IReadOnlyList<SinkContractCheck> Checks => _checks;

    /// <summary>The messages of exceptions, the details of health and the reasons of verdicts.</summary>
    public IReadOnlyCollection<string> Messages => _messages;

    public ConcurrentQueue<string> Reasons { get; } = [];

    public Task CheckAsync(ReceiverBehaviour behaviour, string name, Func<Task> check) =>
        CheckAsync(name, async () =>
        {
            await receiver.SetAsync(behaviour);
            try
            {
                await check();
            }
            finally
            {
                await receiver.SetAsync(ReceiverBehaviour.Accept);
            }
        }, skip: !receiver.Behaviours.Contains(behaviour));

    public async Task CheckAsync(string name, Func<Task> check, bool skip = false)
    {
        _failures = [];
        try
        {
            if (!skip)
            {
                await check();
            }
        }
        catch (Exception error)
        {
            Fail($"threw {AddMessage(error)}");
        }

        _checks.Add(new SinkContractCheck(name, _failures, skip));
    }

    public void Fail(string failure) => _failures.Add(failure);

    public void Expect(bool holds, string failure)
    {
        if (!holds)
        {
            Fail(failure);
        }
    }

    /// <summary>Creates a sink with the receiver's settings, optionally with one replaced.</summary>
    public SinkInstance Create(string? option = null, OptionValue? value = null)
    {
        var values = receiver.Settings.ToDictionary(StringComparer.Ordinal);
        if (option is not null)
        {
            values.Remove(option);
            if (value is not null)
            {
                values[option] = value;
            }
        }

        return spec.Create(new SinkSettings("contract", spec, values));
    }

    /// <summary>Creates interventions that no other check uses.</summary>
    public Intervention[] Items(int count) => [.. Enumerable.Range(0, count).Select(_ => receiver.Prepare(options.Sample(_number++)))];

    /// <summary>Calls the sink as the engine does: on the thread pool, with a deadline.</summary>
    /// <returns>The exception it threw, if any.</returns>
    public async Task<Exception?> CallAsync(string what, Func<ValueTask> call)
    {
        var running = Task.Run(async () => await call());
        try
        {
            await running.WaitAsync(options.Deadline);
            return null;
        }
        catch (TimeoutException) when (!running.IsCompleted)
        {
            Fail($"{what} took more than {options.Deadline.TotalSeconds:0.#} s");
            return new TimeoutException();
        }
        catch (Exception error)
        {
            AddMessage(error);
            return error;
        }
    }

    /// <summary>Connects; a failure ends the check.</summary>
    public async Task<bool> ConnectAsync(SinkInstance instance)
    {
        var error = await CallAsync("connecting", () => instance.Sink.ConnectAsync(CancellationToken.None));
        Expect(error is null, $"could not connect: {error?.Message}");
        return error is null;
    }

    public async Task<(DeliveryBatch Batch, Exception? Error)> WriteAsync(SinkInstance instance, IReadOnlyList<Intervention> items, CancellationToken token = default)
    {
        var batch = new DeliveryBatch(items);
        var error = await CallAsync("writing", () => instance.Sink.WriteAsync(batch, token));
        for (var i = 0; i < items.Count; i++)
        {
            if (batch.VerdictOf(i)?.Reason is { } reason)
            {
                _messages.Enqueue(reason);
                Reasons.Enqueue(reason);
            }
        }

        var health = await CallAsync("the health check", async () => _messages.Enqueue((await instance.CheckHealthAsync(CancellationToken.None)).Detail));
        Expect(health is null, $"the health check threw {health?.GetType().Name}; it should report unhealthy");
        return (batch, error);
    }

    public async Task DisposeAsync(SinkInstance instance)
    {
        var error = await CallAsync("disposing", instance.Sink.DisposeAsync);
        Expect(error is null, $"disposing threw {error?.GetType().Name}");
    }

    /// <summary>Waits until the receiver has reported what it accepted.</summary>
    public async Task<IReadOnlyList<string>> ReceivedAsync(Func<IReadOnlyList<string>, bool> enough)
    {
        using var late = new CancellationTokenSource(_patience);
        while (!enough(receiver.Received!))
        {
            if (late.IsCancellationRequested)
            {
                // The sink has failed once; later checks need not wait as long.
                _patience = TimeSpan.Zero;
                break;
            }

            await Task.Delay(10, CancellationToken.None);
        }

        return receiver.Received!;
    }

    public string AddMessage(Exception error)
    {
        _messages.Enqueue(error.ToString());
        return $"{error.GetType().Name}: {error.Message}";
    }
}
