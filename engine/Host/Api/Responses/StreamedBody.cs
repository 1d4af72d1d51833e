using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>Streams a body that blocking code writes on a thread of the pool. The thread waits while the client does not read.</summary>
static class StreamedBody
{
    // Maximum number of bytes that the client has not read.
    const int PauseAt = 1 << 20;

    // A client must take this many bytes within its patience: about 4 KB a second.
    const int Slice = 64 << 10;

    static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Writes the body. Aborts the connection if writing fails after the first bytes or the client reads too slowly, so that the client does not take a part for the whole.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="write">Writes to a stream that cannot seek.</param>
    /// <param name="patience">How long a client may take for 64 KB; 15 seconds if <see langword="null"/>.</param>
    public static async Task WriteAsync(HttpContext context, Action<Stream> write, TimeSpan? patience = null)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: PauseAt, resumeWriterThreshold: PauseAt / 2, useSynchronizationContext: false));
        var writing = Task.Run(() =>
        {
            Exception? failure = null;
            try
            {
                using var output = pipe.Writer.AsStream(leaveOpen: true);
                write(output);
            }
            catch (Exception e)
            {
                // Rethrown by the reader.
                failure = e;
            }

            pipe.Writer.Complete(failure);
        }, CancellationToken.None);
        try
        {
            await CopyAsync(pipe.Reader, context, patience ?? s_patience);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }

    // A client that hardly reads would keep its place from others.
    static async Task CopyAsync(PipeReader from, HttpContext context, TimeSpan patience)
    {
        var (to, aborted) = (context.Response.Body, context.RequestAborted);
        using var slow = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        using var cut = slow.Token.Register(context.Abort);
        while (true)
        {
            var read = await from.ReadAsync(aborted);
            foreach (var part in read.Buffer)
            {
                for (var at = 0; at < part.Length; at += Slice)
                {
                    slow.CancelAfter(patience);
                    await to.WriteAsync(part[at..Math.Min(at + Slice, part.Length)], slow.Token);
                }
            }

            slow.CancelAfter(Timeout.InfiniteTimeSpan);
            from.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }
}
