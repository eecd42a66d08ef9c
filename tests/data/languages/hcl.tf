# Where it runs.
provider "aws" {
  region = "eu-central-1"
}

variable "name" {
  type    = string
  default = "web"
}

resource "aws_instance" "web" {
  ami           = "ami-123"
  instance_type = "t3.micro"
}

locals {
  tags = { team = "search" }
}
