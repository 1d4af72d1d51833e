using System.Threading.Channels;
using CartRecovery.Engine.Ingest.Connections.Output;
using CartRecovery.Engine.Ingest.Routing;
using CartRecovery.Engine.Ingest.Streams.Transport;
using CartRecovery.Engine.Pipeline;

namespace CartRecovery.Engine.Ingest.Streams;

/// <summary>
/// Reads streams on one thread. Its connections share open slabs, which it submits after each round. Reads only while the inboxes
/// have room.
/// </summary>
public sealed class IngestThread : PollingThread
{
    readonly PartitionSet _partitions;
    readonly SlabFiller _filler;
    bool _isInRound;
    bool _isStopped;

    /// <summary>Creates a thread.</summary>
    /// <param name="number">The thread's number, from 0.</param>
    /// <param name="partitions">Receive the events.</param>
    public IngestThread(int number, PartitionSet partitions)
        : base($"streams {number}")
    {
        _partitions = partitions;
        _filler = new SlabFiller(partitions);
        partitions.Gate.WhenOpened(Wake);
    }

    /// <summary>The open slabs.</summary>
    internal SlabFiller Filler => _filler;

    /// <summary>The rejections of the message being taken.</summary>
    internal RejectionSummary Rejections { get; } = new();

    /// <summary>When the round began, in ticks of the monotonic clock.</summary>
    internal long Now { get; private set; }

    /// <inheritdoc/>
    protected override bool MayRead => _partitions.Gate.IsOpen;

    /// <summary>Begins a connection's turn.</summary>
    /// <exception cref="ChannelClosedException">The partitions have stopped.</exception>
    internal void BeginTurn()
    {
        if (_isStopped)
        {
            throw new ChannelClosedException();
        }

        if (!_isInRound)
        {
            _isInRound = true;
            _filler.Begin();
            Now = _partitions.Clock.GetTimestamp();
        }
    }

    /// <summary>Ends a connection's turn: what is full goes to the partitions at once.</summary>
    internal void EndTurn() => Submit(isRoundOver: false);

    /// <inheritdoc/>
    protected override void EndRound()
    {
        if (_isInRound)
        {
            _isInRound = false;
            Submit(isRoundOver: true);
        }
    }

    void Submit(bool isRoundOver)
    {
        if (_isStopped)
        {
            return;
        }

        try
        {
            _filler.Submit(isRoundOver);
        }
        catch (ChannelClosedException)
        {
            // The next read throws.
            _isStopped = true;
        }
    }
}
