using CartRecovery.Bench.Load;

namespace CartRecovery.Bench.Crowd;

/// <summary>Many clients that all do the same, driven by one thread.</summary>
sealed class ClientCrowd : IDisposable
{
    // Between two passes over all clients.
    static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    readonly CrowdClient[] _clients;
    readonly CancellationTokenSource _stop = new();
    Thread? _thread;

    /// <summary>Connects the clients.</summary>
    public ClientCrowd(Target target, int count)
    {
        _clients = new CrowdClient[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = 64 }, i => _clients[i] = CrowdClient.Open(target, reads: false));
    }

    /// <summary>Bytes that the engine's side took.</summary>
    public long SentBytes => _clients.Sum(client => client.SentBytes);

    /// <summary>Clients whose connection the engine closed.</summary>
    public int Ended => _clients.Count(client => client.Ended);

    /// <summary>Starts sending.</summary>
    public void Begin(CrowdBehaviour behaviour)
    {
        _thread = new Thread(() =>
        {
            while (!_stop.IsCancellationRequested)
            {
                for (var i = 0; i < _clients.Length; i++)
                {
                    var number = i;
                    _clients[i].Send(() => behaviour.Next(number));
                }

                _stop.Token.WaitHandle.WaitOne(s_pause);
            }
        });
        _thread.Start();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _thread?.Join();
        Array.ForEach(_clients, client => client.Dispose());
        _stop.Dispose();
    }
}
