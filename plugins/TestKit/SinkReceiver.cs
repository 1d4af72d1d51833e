using CartRecovery.Contracts;

namespace CartRecovery.Plugins.TestKit;

/// <summary>
/// A receiver that the kit can make fail. <see cref="HttpReceiver"/> serves sinks that send HTTP requests; for another protocol derive from
/// this class and declare the behaviours that the receiver can show. The kit skips the checks of the others.
/// </summary>
public abstract class SinkReceiver : IAsyncDisposable
{
    /// <summary>The wait that <see cref="ReceiverBehaviour.Throttle"/> asks for.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(7);

    /// <summary>Valid settings of a sink that delivers to this receiver.</summary>
    public abstract IReadOnlyDictionary<string, OptionValue> Settings { get; }

    /// <summary>The behaviours that it can show.</summary>
    public virtual IReadOnlyList<ReceiverBehaviour> Behaviours => [ReceiverBehaviour.Accept];

    /// <summary>What sinks have opened so far: connections, files or processes. The factory of a sink must not raise it.</summary>
    public abstract int Opened { get; }

    /// <summary>Switches to one of <see cref="Behaviours"/>.</summary>
    public virtual ValueTask SetAsync(ReceiverBehaviour behaviour) => default;

    /// <summary>Adapts an intervention to the present behaviour, for a receiver that decides by the recipient.</summary>
    public virtual Intervention Prepare(Intervention intervention) => intervention;

    /// <summary>Every delivery accepted so far, as received; <see langword="null"/> for a receiver that cannot tell.</summary>
    public virtual IReadOnlyList<string>? Received => null;

    /// <inheritdoc/>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return default;
    }
}

/// <summary>The ways a receiver answers.</summary>
public enum ReceiverBehaviour
{
    /// <summary>Accepts every intervention.</summary>
    Accept,

    /// <summary>Refuses connections, or breaks those that are open.</summary>
    RefuseConnections,

    /// <summary>Takes a request and never answers.</summary>
    Hang,

    /// <summary>Fails for now, like HTTP 500.</summary>
    FailTemporarily,

    /// <summary>Asks to wait for <see cref="SinkReceiver.RetryAfter"/>, like HTTP 429.</summary>
    Throttle,

    /// <summary>Refuses for good, like HTTP 400.</summary>
    RejectPermanently,
}
