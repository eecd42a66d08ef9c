using System;

namespace Example.Mail
{
    /// <summary>
    /// Sends mail.
    /// </summary>
    [Serializable]
    public class Sender<T> : IDisposable where T : Message
    {
        private readonly int limit = 3;

        public int Limit { get; set; }

        public string Name
        {
            get { return name; }
            set { name = value; }
        }

        public Sender(int limit)
        {
            this.limit = limit;
        }

        /// <summary>Sends one message.</summary>
        public async Task<bool> SendAsync(T message)
        {
            await Task.Delay(1);
            return true;
        }

        public static int Twice(int x) => x * 2;
    }

    public interface ITransport
    {
        void Send(byte[] data);
    }

    public enum Priority { Low, High }

    public record Address(string Name, string Host);

    public struct Pair
    {
        public int Left;
    }
}
