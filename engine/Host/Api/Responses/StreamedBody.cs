using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>Streams a body that blocking code writes, on a thread of the pool: it waits while the client does not read.</summary>
static class StreamedBody
{
    // What may be written before the client reads.
    const int PauseAt = 1 << 20;

    /// <summary>Writes the body. If it fails after the first bytes, the connection is cut, so that nobody takes a part for the whole.</summary>
    /// <param name="context">The request.</param>
    /// <param name="write">Writes to a stream that cannot seek.</param>
    public static async Task WriteAsync(HttpContext context, Action<Stream> write)
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
                // The reader gets it.
                failure = e;
            }

            pipe.Writer.Complete(failure);
        }, CancellationToken.None);
        try
        {
            await pipe.Reader.CopyToAsync(context.Response.Body, context.RequestAborted);
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
            await writing;
        }
    }
}
