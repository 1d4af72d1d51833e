using CartRecovery.Contracts;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Engine.Monitoring.Receivers;

/// <summary>
/// Sends notices through a sink of its own, made like one under <c>sinks</c>: e-mails and text messages. Apart from the shoppers' messages,
/// so that a full queue of those keeps no alert back, and with the verdict on each.
/// </summary>
sealed class SinkChannel : INoticeChannel
{
    const int MaxText = 20_000, MaxShortText = 300, MaxSubject = 250;

    readonly ISink _sink;
    readonly string _name;
    readonly Recipient? _recipient;
    readonly bool _isShort;
    readonly NoticeWording _wording;
    readonly TimeProvider _time;
    readonly SemaphoreSlim _one = new(1);
    bool _isConnected;

    /// <summary>Creates a channel.</summary>
    /// <param name="sink">The sink, not yet connected; the channel disposes it.</param>
    /// <param name="name">Its name in the configuration.</param>
    /// <param name="recipient">The address, if the sink needs one.</param>
    /// <param name="isShort">Whether a message is one line.</param>
    /// <param name="wording">The texts of its notices.</param>
    /// <param name="time">The clock.</param>
    public SinkChannel(ISink sink, string name, Recipient? recipient, bool isShort, NoticeWording wording, TimeProvider time) =>
        (_sink, _name, _recipient, _isShort, _wording, _time) = (sink, name, recipient, isShort, wording, time);

    /// <inheritdoc/>
    public async ValueTask<NoticeVerdict> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (!_isConnected)
            {
                await _sink.ConnectAsync(cancellationToken);
                _isConnected = true;
            }

            var batch = new DeliveryBatch([Message(notice)]);
            _isConnected = false;
            await _sink.WriteAsync(batch, cancellationToken);
            _isConnected = true;
            return batch.VerdictOf(0) switch
            {
                { Outcome: DeliveryOutcome.Delivered } => NoticeVerdict.Delivered,
                { Outcome: DeliveryOutcome.Rejected or DeliveryOutcome.Bounced or DeliveryOutcome.SoftBounced } no => NoticeVerdict.Rejected(no.Reason ?? "rejected"),
                { } later => NoticeVerdict.Retry(later.Reason ?? "not taken", later.After),
                null => NoticeVerdict.Retry("not taken"),
            };
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _sink.DisposeAsync();
        _one.Dispose();
    }

    Intervention Message(Notice notice) => new()
    {
        // The same each time that this notice is tried.
        Id = $"iv_{notice.Id["notice_".Length..]}",
        StoreId = "",
        CartId = "",
        Campaign = "",
        Channel = _name,
        Action = ActionKind.Reminder,
        Subject = _wording.Write(NoticeTexts.Subject, notice, () => NoticeText.Title(notice), MaxSubject).ReplaceLineEndings(" "),
        Message = _isShort ? _wording.Write("text", notice, () => NoticeText.Line(notice, MaxShortText), MaxShortText)
            : _wording.Write("text", notice, () => NoticeText.Body(notice, MaxText), MaxText),
        Recipient = _recipient,
        Cart = new CartSummary(0, 0, "EUR"),
        Reasons = new DecisionReasons("", 0, [], ""),
        DecidedAt = _time.GetUtcNow(),
    };
}
