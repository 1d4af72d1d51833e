using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace CartRecovery.Host.Api.Responses;

/// <summary>Streams a body that blocking code writes on a thread of the pool. The thread waits while the client does not read.</summary>
static class StreamedBody
{
    // Maximum number of bytes that the client has not read.
    const int PauseAt = 1 << 20;

    /// <summary>Writes the body. Aborts the connection if writing fails after the first bytes, so that the client does not take a part for the whole.</summary>
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
                // Rethrown by the reader.
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
