using System.Collections.Concurrent;
using CartRecovery.Engine.Monitoring.Notices;

namespace CartRecovery.Tests.Monitoring.Notices;

/// <summary>A channel that keeps the notices and answers as told.</summary>
sealed class RecordingChannel : INoticeChannel
{
    readonly ConcurrentQueue<Notice> _tries = [];

    public Func<int, NoticeVerdict> Answer { get; set; } = _ => NoticeVerdict.Delivered;

    public IReadOnlyList<Notice> Tries => [.. _tries];

    public ValueTask<NoticeVerdict> SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        _tries.Enqueue(notice);
        return ValueTask.FromResult(Answer(_tries.Count));
    }

    public ValueTask DisposeAsync() => default;
}
